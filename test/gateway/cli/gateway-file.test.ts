import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readGatewayFile, removeGatewayFile, writeGatewayFile } from "../../../gateway/cli/gateway-file.ts";

const FILE = { url: "http://127.0.0.1:8080", mqttPort: 1883, httpPort: 8080, pid: 7 };

test("gateway file: for its owner only, and a link in its place is replaced, not followed", (t) => {
    const data = mkdtempSync(join(tmpdir(), "toque-file-"));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const precious = join(data, "precious");
    writeFileSync(precious, "precious", { mode: 0o644 });
    for (const name of ["gateway.json", "gateway.json.new"]) symlinkSync(precious, join(data, name));
    writeGatewayFile(data, FILE);
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.deepEqual(readGatewayFile(data), FILE);
    assert.equal(statSync(join(data, "gateway.json")).mode & 0o777, 0o600);
    removeGatewayFile(data, 8);
    assert.deepEqual(readGatewayFile(data), FILE, "another process's stays");
    removeGatewayFile(data, 7);
    assert.equal(readGatewayFile(data), undefined);
});
