import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readGatewayFile, removeGatewayFile, writeGatewayFile } from "../../../gateway/cli/gateway-file.ts";

test("gateway file: written, read, and removed by its own process only; what is none of ours reads as none", (t) => {
    const data = mkdtempSync(join(tmpdir(), "toque-file-"));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const file = { url: "http://127.0.0.1:8080", mqttPort: 1883, httpPort: 8080, pid: 7 };
    const read = () => readGatewayFile({ data, named: true });
    assert.equal(read(), undefined);
    writeGatewayFile(data, file);
    assert.deepEqual(read(), file);
    removeGatewayFile(data, 8);
    assert.deepEqual(read(), file, "another process's stays");
    removeGatewayFile(data, 7);
    for (const text of ["", "{", "{}", '{"url":7}', "null"]) {
        writeFileSync(join(data, "gateway.json"), text);
        assert.equal(read(), undefined, text);
    }
});
