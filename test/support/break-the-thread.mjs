// Breaks the store's thread at a commit: `node --import …/break-the-thread.mjs`, or by NODE_OPTIONS. When the file that BREAK_FILE names is there,
// the thread does what the file names: "throw" a mistake that nobody catches, or "exit". What the commit would have held is not written.
import { existsSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import Database from "libsql";

const { BREAK_FILE = "" } = process.env;
const exec = Database.prototype.exec;

if (!isMainThread) {
    Database.prototype.exec = function (sql) {
        if (sql === "COMMIT" && existsSync(BREAK_FILE)) {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // others call meanwhile
            if (readFileSync(BREAK_FILE, "utf8") === "exit") process.exit(1); // of the thread
            setImmediate(() => {
                throw new Error("out of order");
            });
            throw new Error("not committed");
        }
        return exec.call(this, sql);
    };
}
