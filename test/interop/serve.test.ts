import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runToque } from "../support/toque.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "toque-interop-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const PORTS = ["--mqtt-port", "0", "--http-port", "0"];

test("serve: an address that cannot be left in the data folder ends it with a sentence, its listeners, too", async () => {
    const data = join(FOLDER, "full");
    mkdirSync(join(data, "gateway.json.new"), { recursive: true });
    const { status, stdout, stderr } = await runToque(["serve", "--data", data, ...PORTS, "--log-level", "silent"]);
    assert.equal(status, 1, "it ended by itself");
    assert.equal(stdout, "");
    assert.match(
        stderr,
        /^toque: \S+gateway\.json\.new is a folder, where the gateway keeps a file of its own: move it away, then start again\.\n$/,
    );
});
