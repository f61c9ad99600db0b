import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readGatewayFile, removeGatewayFile, writeGatewayFile } from "../../../gateway/cli/gateway-file.ts";

const FILE = { url: "http://127.0.0.1:8080", mqttPort: 1883, httpPort: 8080, pid: 7 };

function folder(t: TestContext): string {
    const data = mkdtempSync(join(tmpdir(), "toque-file-"));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    return data;
}

test("gateway file: for its owner only, and a link in its place is replaced, not followed", (t) => {
    const data = folder(t);
    const precious = join(data, "precious");
    writeFileSync(precious, "precious", { mode: 0o644 });
    for (const name of ["gateway.json", "gateway.json.new"]) symlinkSync(precious, join(data, name));
    writeGatewayFile(data, FILE);
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.deepEqual(readGatewayFile(data, true), FILE);
    assert.equal(statSync(join(data, "gateway.json")).mode & 0o777, 0o600);
    removeGatewayFile(data, 8);
    assert.deepEqual(readGatewayFile(data, true), FILE, "another process's stays");
    removeGatewayFile(data, 7);
    assert.equal(readGatewayFile(data, true), undefined);
});

test("gateway file: a folder in its place is named, with what to do", (t) => {
    for (const name of ["gateway.json", "gateway.json.new"]) {
        const data = folder(t);
        mkdirSync(join(data, name));
        const sentence = `${join(data, name)} is a folder, where the gateway writes its address: move it away.`;
        assert.throws(() => writeGatewayFile(data, FILE), { name: "Failure", message: sentence });
    }
});

test("gateway file: a pipe in its place is not waited for", (t) => {
    const data = folder(t);
    execFileSync("mkfifo", [join(data, "gateway.json")]);
    assert.equal(readGatewayFile(data, true), undefined);
});
