import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Source, circles, importsOf, violations } from "./support/import-rules.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["shared", "device", "gateway", "emulator", "bundler", "bin", "flash-scripts", "scripts", "test"];

function readSources(): Source[] {
    return FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
            .filter((name) => /\.m?[jt]s$/.test(name))
            .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
            .filter((path) => path !== "test/imports.test.ts") // its made-up sources are no imports
            .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") })),
    );
}

test("who may import whom: every source keeps to the house's rules", () => {
    const sources = readSources();
    assert.ok(
        sources.some(({ path }) => path.startsWith("shared/")) &&
            sources.some(({ path }) => path.startsWith("gateway/")),
    );
    assert.deepEqual(violations(sources), []);
});

test("who may import whom: what runs for users comes from dependencies, not from devDependencies", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
        devDependencies: Record<string, string>;
    };
    const missing = readSources()
        .filter(({ path }) => /^(gateway|emulator|bin|flash-scripts|device\/host)\/|build-commands/.test(path))
        .filter(({ path }) => path !== "gateway/store/worker.mjs" && path !== "emulator/demo.ts") // run from sources only
        .flatMap(({ path, text }) => importsOf(text).map((name) => ({ path, name })))
        .filter(({ name }) => name.split("/", name.startsWith("@") ? 2 : 1).join("/") in devDependencies);
    assert.deepEqual(missing, []);
});

test("who may import whom: nobody in a circle, types included", () => {
    assert.deepEqual(circles(readSources()), []);
});

/** Longest source, product or test. */
const MAX_LINES = 300;

test(`no source has more than ${MAX_LINES} lines`, () => {
    const long = readSources()
        .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
        .filter(({ lines }) => lines > MAX_LINES);
    assert.deepEqual(long, []);
});

// A check that cannot fail checks nothing: each row breaks one rule, or must pass.
const MADE_UP: [path: string, text: string, forbidden: boolean][] = [
    ["shared/push/x.ts", `import { y } from "./y.ts";`, false],
    ["shared/push/x.ts", `import { y } from "../../device/core/y.ts";`, true],
    ["shared/x.ts", `import { createHash } from "node:crypto";`, true],
    ["device/core/x.ts", `import type { Bytes } from "../../shared/bytes.ts";`, false],
    ["device/core/x.ts", `import { main } from "../espruino/main.ts";`, true],
    ["device/core/x.ts", `import { drive } from "../drive.ts";`, true],
    ["device/core/x.ts", `const net = require("net");`, true],
    ["device/espruino/x.ts", `import { drive } from "../drive.ts";`, false],
    ["device/espruino/x.ts", `const storage = require("Storage");`, false],
    ["device/espruino/x.ts", `import { crc } from "../nodemcu/flash.ts";`, true],
    ["device/espruino/x.ts", `import net from "node:net";`, true],
    ["device/host/x.ts", `import net from "node:net";`, false],
    ["device/host/x.ts", `import { E164 } from "../../gateway/number.ts";`, true],
    ["gateway/message.ts", `import { MAX } from "../shared/push/limits.ts";`, false],
    ["gateway/message.ts", `import { encode } from "../shared/wire/encode.ts";`, true],
    ["gateway/message.ts", `import { openStore } from "./store/open.ts";`, true],
    ["gateway/message.ts", `import { config } from "./config.ts";`, true],
    ["gateway/message.ts", `import Database from "libsql";`, true],
    ["gateway/message.ts", `export { step } from "../device/core/session.ts";`, true],
    ["gateway/store/x.ts", `import Database from "libsql";`, false],
    ["gateway/store/x.ts", `const worker = new Worker(new URL("./worker.mjs", import.meta.url));`, false],
    ["gateway/store/x.ts", `const worker = new Worker(new URL("../http/worker.ts", import.meta.url));`, true],
    ["gateway/http/x.ts", `import { Aedes } from "aedes";`, true],
    ["gateway/http/x.ts", `import {\n    a,\n    b,\n} from "../aedes/guard.ts";`, true],
    ["gateway/aedes/x.ts", `const app = await import("../app.ts");`, true],
    ["gateway/app.ts", `import { guard } from "./aedes/guard.ts";`, false],
    ["gateway/app.ts", `import { clock } from "../test/support/clock.ts";`, true],
    ["gateway/cli/main.ts", `import { start } from "../app.ts";`, false],
    ["gateway/redis/x.ts", `import { Queue } from "../queue.ts";`, true],
    ["emulator/library/x.ts", `const TOQUE = new URL("../../bin/toque.mjs", import.meta.url);`, false],
    ["emulator/x.ts", `import { parseE164 } from "../gateway/number.ts";`, true],
    ["emulator/x.ts", `import { serveToque } from "../test/support/toque.ts";`, true],
    ["scripts/x.ts", `import "../test/support/clock.ts";`, true],
    ["device/core/x.ts", `// import { a } from "../../gateway/app.ts";`, false],
    ["test/x.ts", `import { a } from "../gateway/app.ts";`, false],
];
for (const [path, text, forbidden] of MADE_UP) {
    test(`who may import whom: ${path} ${forbidden ? "may not" : "may"} ${text.replace(/\s+/g, " ")}`, () => {
        assert.equal(violations([{ path, text }]).length, forbidden ? 1 : 0);
    });
}

const CIRCLES: [what: string, imports: Record<string, string[]>, found: string[]][] = [
    ["a chain", { a: ["b"], b: ["c"], c: [] }, []],
    ["two ways to one file", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
    ["two files", { a: ["b"], b: ["a"] }, ["a → b → a"]],
    ["a file and itself", { a: ["a"] }, ["a → a"]],
    ["three, behind a file that is not in the circle", { a: ["b"], b: ["c"], c: ["d"], d: ["b"] }, ["b → c → d → b"]],
    ["two circles", { a: ["b", "c"], b: ["a"], c: ["a"] }, ["a → b → a", "a → c → a"]],
];
for (const [what, imports, found] of CIRCLES) {
    test(`import circles: ${what}`, () => {
        const sources = Object.entries(imports).map(([name, names]) => ({
            path: `shared/${name}.ts`,
            text: names.map((other) => `import type { X } from "./${other}.ts";`).join("\n"),
        }));
        assert.deepEqual(
            circles(sources),
            found.map((circle) => circle.replace(/\w/g, "shared/$&.ts")),
        );
    });
}
