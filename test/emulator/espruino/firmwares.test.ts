import assert from "node:assert/strict";
import { test } from "node:test";
import { tryFirmwares } from "./firmwares.ts";

async function firmwares(...paths: string[]): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = [];
    return { code: await tryFirmwares(paths, (line) => lines.push(line)), lines };
}

test("firmwares: with none given it ends with a sentence", async () => {
    const { code, lines } = await firmwares();
    assert.match(lines.join("\n"), /^Give paths of Espruinos built for this computer, from 2v21 on: /);
    assert.equal(code, 2);
});

test("firmwares: one that does not run Espruino fails", async () => {
    const { code, lines } = await firmwares("/bin/false");
    assert.match(lines.join("\n"), /^FAIL \/bin\/false: /);
    assert.equal(code, 1);
});

const interpreter = process.env.ESPRUINO ?? "";
const skip = interpreter === "" ? "ESPRUINO is not set: genuine Espruino interpreter" : false;
test("firmwares: the one that is here comes online, and shows a push", { skip }, async () => {
    const { code, lines } = await firmwares(interpreter);
    assert.match(lines.join("\n"), /^ok   2v\d+.*: online, and shows a push$/);
    assert.equal(code, 0);
});
