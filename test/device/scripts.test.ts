import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { playScript } from "../scripts/player.ts";

// Golden scripts, on Node and from the sources. REWRITE=1 writes the answers of this run; the difference is then read like code.
const folder = new URL("../scripts/", import.meta.url);

for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt"))) {
    test(`script ${name}`, () => {
        const expected = readFileSync(new URL(name, folder), "utf8");
        const played = playScript(expected);
        if (process.env.REWRITE === "1") writeFileSync(new URL(name, folder), played);
        else assert.equal(played, expected);
    });
}
