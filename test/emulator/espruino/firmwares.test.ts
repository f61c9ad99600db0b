import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("firmwares.ts", import.meta.url));
const TIMEOUT_MS = 120_000;

function firmwares(...paths: string[]): { status: number | null; stdout: string; stderr: string } {
    const env = { ...process.env, TOQUE_FIRMWARES: "" };
    return spawnSync(process.execPath, ["--import", "tsx", SCRIPT, ...paths], {
        env,
        encoding: "utf8",
        timeout: TIMEOUT_MS,
    });
}

test("firmwares: with none given it ends with a sentence", () => {
    const { status, stderr } = firmwares();
    assert.match(stderr, /^Give paths of Espruinos built for this computer, from 2v21 on: /);
    assert.equal(status, 2);
});

test("firmwares: one that does not run Espruino fails", () => {
    const { status, stdout } = firmwares("/bin/false");
    assert.match(stdout, /^FAIL \/bin\/false: /);
    assert.equal(status, 1);
});

const interpreter = process.env.ESPRUINO ?? "";
const skip = interpreter === "" ? "ESPRUINO is not set: genuine Espruino interpreter" : false;
test("firmwares: the one that is here comes online, and shows a push", { skip }, () => {
    const { status, stdout } = firmwares(interpreter);
    assert.match(stdout, /^ok   2v\d+.*: online, and shows a push\n$/);
    assert.equal(status, 0);
});
