// Makes the disk under a gateway slow: `node --import …/slow-flush.mjs`, or by NODE_OPTIONS. Each commit of the store, which runs in a thread of
// its own, takes SLOW_FLUSH_MIN_MS to SLOW_FLUSH_MAX_MS longer, and that thread does nothing else meanwhile, as with an SD card.
import Database from "libsql";

const { SLOW_FLUSH_MIN_MS = "0", SLOW_FLUSH_MAX_MS = "0" } = process.env;
const [least, most] = [Number(SLOW_FLUSH_MIN_MS), Number(SLOW_FLUSH_MAX_MS)];
const never = new Int32Array(new SharedArrayBuffer(4));
const exec = Database.prototype.exec;

Database.prototype.exec = function (sql) {
    if (sql === "COMMIT") Atomics.wait(never, 0, 0, least + Math.random() * (most - least));
    return exec.call(this, sql);
};
