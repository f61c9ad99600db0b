import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PAGES, ROOT, blocksOf, commandsIn, commandsOf } from "./pages.ts";
import { Terminal } from "./terminal.ts";

// Every command of the documents runs here, against the real programs, in the order in which a reader types them. Loopback only.

/** Commands that no test can run, by their exact line, and why. */
const NOT_RUN: Record<string, string> = {
    "npm ci": "it replaces the packages that this test runs with; CI begins with it",
    "npm ci && npm run demo": "CI runs both",
    "npm run demo": "CI runs it; it takes ten seconds of both cores, and each of its steps has a test",
    "npm ci && npm test": "this test is a part of npm test",
    "npm run size": "it builds what other tests run; CI runs it",
    "npm run bench": "it takes long, and both cores",
    "npm run bench:boards": "it takes a minute, and interpreters that not every machine has",
    "npm run hostile": "it takes long; test/hostile/hostile.long.test.ts runs each attack in its short form",
    "npx toque restore ~/toque-backup.db --replace":
        "the gateway of its page runs; test/e2e/restored-store.test.ts restores the store of a stopped one",
    "sudo systemctl enable --now toque": "it changes the machine",
    "sudo sysctl -w net.ipv4.tcp_mtu_probing=1": "it changes the machine",
    "npx toque flash": "it asks at a terminal, and needs a board on a cable",
    "npx toque flash +34600111222 --board espruino-esp32 --port /dev/ttyUSB0 --ssid MyWiFi --password-file wifi.txt --app device/examples/led.js":
        "it needs a board on a cable; test/flash-scripts/espruino.test.ts runs it on a pseudo-terminal",
};

/** Commands that need the registry: what is done instead. */
const INSTEAD: Record<string, (terminal: Terminal) => void> = {
    "npm install --save-dev ../toque/toque-0.1.0.tgz": installPackage,
};

/** The text of a message that a command sends: the emulated board must show it. */
const SENT = /^(?:mosquitto_pub|curl|npx toque send) .*?"((?:Dinner|The bridge)[^"]*)"/;

/** Its commands are those of the English page: test/docs/text.test.ts compares them. */
const TRANSLATION = "docs/inicio-rapido.md";

/** Pages that take long: their commands build and pack all of it. */
const LONG_PAGES = ["docs/ci.md"];

/** What is not run here or done otherwise, and stands in no document any more. */
export function forgotten(): string[] {
    const lines = new Set(PAGES.flatMap(commandsOf));
    return [...Object.keys(NOT_RUN), ...Object.keys(INSTEAD)].filter((line) => !lines.has(line));
}

/** Types the commands of the long pages, or of the others. */
export function typeCommands(long: boolean): void {
    for (const page of PAGES.filter((name) => name !== TRANSLATION && LONG_PAGES.includes(name) === long)) {
        const commands = commandsOf(page).filter((line) => NOT_RUN[line] === undefined);
        if (commands.length === 0) continue;
        test(`${page}: a reader can type its commands`, async (t) => {
            const terminal = await Terminal.open();
            try {
                if (!commands.some((line) => line.startsWith("npx toque serve"))) await prepare(terminal);
                for (const block of blocksOf(page)) {
                    if (block.language !== "sh") terminal.write(block.text);
                    for (const line of commandsIn(block))
                        await t.test(line, { skip: whyNot(line) }, () => run(terminal, line));
                }
            } finally {
                await terminal.close();
            }
        });
    }
}

async function run(terminal: Terminal, line: string): Promise<void> {
    const instead = INSTEAD[line];
    if (instead === undefined) await terminal.type(line);
    else instead(terminal);
    const [, text] = SENT.exec(line) ?? [];
    if (text !== undefined) await terminal.until("npx toque emulate", text);
}

/** What the reader has from the pages before: a gateway, and a number with its board. */
async function prepare(terminal: Terminal): Promise<void> {
    await terminal.type("npx toque serve --data ~/toque-data");
    await terminal.type("export TOQUE_DATA=~/toque-data");
    await terminal.type("npx toque number add +34600111222");
    await terminal.type("npx toque emulate +34600111222 --route ROUTE --secret SECRET");
}

/** Why a command does not run here. */
function whyNot(line: string): string | false {
    if (NOT_RUN[line] !== undefined) return NOT_RUN[line];
    const [tool = ""] = line.split(" ", 1);
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    return spawnSync("sh", ["-c", `command -v ${tool}`], { env }).status === 0 ? false : `${tool} is not installed`;
}

/** A project that has the package, and of npm's other packages only what the package asks for. The rest of the page is typed there. */
function installPackage(terminal: Terminal): void {
    const project = join(terminal.home, "a project — ñ");
    const installed = join(project, "node_modules/toque");
    mkdirSync(installed, { recursive: true });
    const archive = join(ROOT, "toque-0.1.0.tgz");
    const { status, stderr } = spawnSync("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"], {
        encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    rmSync(archive);
    const manifest = readFileSync(join(installed, "package.json"), "utf8");
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies))
        symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    terminal.cwd = project;
}
