import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readOptions } from "../../emulator/emulate.ts";
import { missing } from "../../emulator/lua/interpreters.ts";
import { startDevice } from "../../emulator/start.ts";
import { runGateway } from "../support/gateway.ts";
import type { RunningGateway } from "../support/gateway.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_BUILT = existsSync(`${ROOT}dist/espruino/toque.js`) ? false : "not built: npm run build";
const SOON_MS = 20_000;

let gateway: RunningGateway;
before(async () => {
    gateway = await runGateway();
});
after(() => gateway.stop());

/** `npm run emulate` with these words; `answer` types on its input when its screen shows something. */
function emulate(words: string[], answers: [when: RegExp, type: string][] | "end" = [], env = {}) {
    const child = spawn(process.execPath, ["--import", "tsx", "emulator/emulate.ts", ...words], {
        cwd: ROOT,
        stdio: "pipe",
        env: { ...process.env, ...env },
        timeout: SOON_MS,
    });
    let screen = "";
    let seen = 0;
    const next = answers === "end" ? [] : [...answers];
    if (answers === "end") child.stdin.end();
    const look = (data: Buffer): void => {
        screen += data.toString();
        const [when, type] = next[0] ?? [/$^/, ""];
        const found = when.exec(screen.slice(seen));
        if (found === null) return;
        seen += found.index + found[0].length;
        next.shift();
        child.stdin.write(type + "\n");
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    return new Promise<{ screen: string; code: number | null }>((resolve) => {
        child.on("close", (code) => resolve({ screen, code }));
    });
}

test("emulate: the board's screen, and what its input does with the Wi-Fi", { skip: NOT_BUILT }, async () => {
    const { number, route, secret } = await gateway.register("+34600111222");
    const at = `127.0.0.1:${gateway.gateway.mqttPort}`;
    const send = gateway.ask("POST", "/v1/messages", {
        body: { to: number, title: "Ana", body: "¿qué tal?\u001b[2J\u009b" },
    });
    const { screen, code } = await emulate(
        [number, "--route", route, "--secret", secret, "--gateway", at, "--runtime", "espruino-sim"],
        [
            [/message 1: Ana: ¿qué tal\?\\x1b\[2J\\x9b\n/, "address 127.0.0.51"],
            [/\[the address is 127\.0\.0\.51\][^]*toque: online/, "address"],
            [/\[the address is 127\.0\.0\.52\][^]*toque: online/, "down"],
            [/toque: offline/, "up"],
            [/\[the Wi-Fi is back, with 127\.0\.0\.52\][^]*toque: online/, "drop"],
            [/is back, without an event/, "dance"],
            [/no command "dance"\. Use address/, "press D0"],
            [/\[D0 is pressed: release it\]/, "analog A0 0.5"],
            [/\[A0 has 0\.5 V\]/, "press button"],
            [/There is no pin "button": this firmware has/, "pins"],
            [/\[D0: held at 0, 0 changes\]/, "display"],
            [/(\[ {21}\]\n){8}/, "quit"],
        ],
    );
    assert.doesNotMatch(screen, /[\u001b\u009b]/);
    assert.equal((await send).status, 202);
    assert.equal(code, 0, screen);
    const { body } = await gateway.ask<{ endpoint: { address: string } }>(
        "GET",
        `/v1/numbers/${encodeURIComponent(number)}`,
    );
    assert.equal(body.endpoint.address, "127.0.0.52");
});

const LUAS: [words: string[], skip: string | false][] = [
    [["--runtime", "lua"], false],
    [["--lua", "fengari"], false],
    [["--lua", "lua5.1"], missing("lua5.1")],
    [["--lua", "nodemcu53"], missing("nodemcu53")],
];
for (const [words, skip] of LUAS) {
    test(`emulate ${words.join(" ")}: a NodeMCU board on that Lua`, { skip: NOT_BUILT || skip }, async () => {
        const { number, route, secret } = await gateway.register("+34600111333");
        const at = `127.0.0.1:${gateway.gateway.mqttPort}`;
        const { screen, code } = await emulate(
            [number, "--route", route, "--secret", secret, "--gateway", at, ...words],
            [[/toque: online/, "quit"]],
        );
        assert.equal(code, 0, screen);
    });
}

for (const [runtime, app, shown] of [
    [
        "lua",
        'print("starts")\nerror("no display")\n',
        /^toque: the application does not run, so messages wait: app\.lua:2: no display$/m,
    ],
    ["espruino-sim", 'throw "no display";\n', /^Uncaught no display$/m],
] as const) {
    test(
        `emulate --runtime ${runtime} --app: why an application does not run is on the screen`,
        { skip: NOT_BUILT },
        async (t) => {
            const file = join(mkdtempSync(join(tmpdir(), "toque-app-")), "app");
            t.after(() => rmSync(dirname(file), { recursive: true }));
            writeFileSync(file, app);
            const { screen, code } = await emulate(
                ["+34600111222", "--code", "12345678", "--gateway", "127.0.0.1:1", "--runtime", runtime, "--app", file],
                [[shown, "quit"]],
            );
            assert.equal(code, 0, screen);
        },
    );
}

const REFUSED: [words: string[], sentence: RegExp][] = [
    [[], /^Give one phone number\./],
    [["+34600111222"], /^Give --route and --secret, as `toque number add` printed them, or --code to enrol\./],
    [["600111222", "--code", "12345678"], /^This is not a phone number with \+/],
    [["+34600111222", "--code", "1", "--gateway", "nowhere"], /^--gateway nowhere: give host and port/],
    [["+34600111222", "--code", "1", "--runtime", "toaster"], /^There is no runtime "toaster": use espruino, /],
    [["+34600111222", "--code", "1", "--runtime", "espruino"], /^ESPRUINO is not set: it names the genuine/],
    [["+34600111222", "--code", "1", "--lua", "6.0"], /^There is no Lua "6\.0": use fengari, lua5\.1, /],
    [["+34600111222", "--code", "1", "--lua", "nodemcu51"], /^NODEMCU_LUA is not set: the firmware's own Lua 5\.1/],
    [
        ["+34600111222", "--code", "1", "--runtime", "host", "--lua", "lua5.1"],
        /^--lua lua5\.1: the runtime host runs no Lua/,
    ],
    [["+34600111222", "--code", "1", "--keep-alive", "soon"], /^--keep-alive: give seconds\./],
];
for (const [words, sentence] of REFUSED) {
    test(`emulate ${words.join(" ")}: one sentence, and no board`, async (t) => {
        const { ESPRUINO, NODEMCU_LUA } = process.env;
        delete process.env.ESPRUINO;
        delete process.env.NODEMCU_LUA;
        t.after(() => Object.assign(process.env, ESPRUINO && { ESPRUINO }, NODEMCU_LUA && { NODEMCU_LUA }));
        await assert.rejects(
            async () => startDevice(readOptions(words)),
            ({ message }: Error) => sentence.test(message),
        );
    });
}

test("emulate: where nobody looks, an application's error is exit code 1", { skip: NOT_BUILT }, async (t) => {
    const file = join(mkdtempSync(join(tmpdir(), "toque-app-")), "app");
    t.after(() => rmSync(dirname(file), { recursive: true }));
    for (const app of ['throw "no display";', 'setTimeout(function () { throw "no display"; }, 50);']) {
        writeFileSync(file, app);
        const words = ["+34600111222", "--code", "12345678", "--gateway", "127.0.0.1:1", "--app", file];
        const { screen, code } = await emulate(words, "end");
        assert.match(screen, /^Uncaught no display$/m);
        assert.equal(code, 1, screen);
    }
});

test("until ends with the application's error, at once", { skip: NOT_BUILT }, async (t) => {
    const file = join(mkdtempSync(join(tmpdir(), "toque-app-")), "app");
    t.after(() => rmSync(dirname(file), { recursive: true }));
    writeFileSync(file, 'setTimeout(function () { throw "no display"; }, 50);');
    const device = await startDevice({
        runtime: "espruino-sim",
        gateway: { host: "127.0.0.1", port: 1 },
        startsDown: true,
        app: file,
    });
    t.after(() => device.close());
    await assert.rejects(
        device.until(() => false, 600_000),
        /^Error: The application failed: no display\. Its screen:/,
    );
    assert.equal(device.failure, "no display");
});

test("emulate: a mistake is its sentence and exit code 2", async () => {
    const { screen, code } = await emulate([]);
    assert.match(screen, /^Give one phone number\./);
    assert.equal(code, 2);
});
