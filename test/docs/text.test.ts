import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { ATTACKS } from "../hostile/attacks.ts";
import { PAGES, ROOT, commandsOf, proseOf, readPage } from "./pages.ts";

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
    return heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-");
}

const anchorsOf = (page: string) =>
    [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

for (const page of PAGES) {
    test(`${page}: its links lead somewhere`, () => {
        for (const [, target] of proseOf(page).matchAll(/\]\(([^)]+)\)/g)) {
            if (/^https?:/.test(target!)) continue;
            const [path = "", anchor] = target!.split("#");
            const file = path === "" ? page : normalize(join(dirname(page), path));
            assert.ok(existsSync(join(ROOT, file)), `${target} in ${page}`);
            if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), `${target} in ${page}`);
        }
    });

    test(`${page}: the files and attacks that it names exist`, () => {
        const text = readPage(page);
        const rooms = "bin|bundler|device|emulator|flash-scripts|gateway|scripts|shared|test|docs";
        for (const [, path] of text.matchAll(new RegExp(`\`((?:${rooms})/[a-z0-9._/-]+)\``, "g")))
            assert.ok(existsSync(join(ROOT, path!)), path);
        const attacks = ATTACKS.map(({ name }) => name);
        for (const [, names] of text.matchAll(/hostile ((?:`[\w-]+`(?:, )?)+)/g))
            for (const [, name] of names!.matchAll(/`([\w-]+)`/g)) assert.ok(attacks.includes(name!), name);
    });
}

test("documents: the Spanish quick start has the commands and the sections of the English one", () => {
    assert.deepEqual(commandsOf("docs/inicio-rapido.md"), commandsOf("docs/quick-start.md"));
    const sections = (page: string) => anchorsOf(page).map((anchor) => anchor.replace(/\D+/g, ""));
    assert.deepEqual(sections("docs/inicio-rapido.md"), sections("docs/quick-start.md"));
});

test("README: one page, and every other page is reached from it", () => {
    const lines = readFileSync(join(ROOT, "README.md"), "utf8").split("\n").length;
    assert.ok(lines <= 90, `${lines} lines: a newcomer reads it in three minutes`);
    const linked = [...readPage("README.md").matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target);
    assert.deepEqual(
        PAGES.filter((page) => page.startsWith("docs/") && !linked.includes(page)),
        [],
    );
});
