import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { createCommandChannel } from "../../../gateway/channels/command.ts";
import { GatewayError } from "../../../gateway/error.ts";
import { createLog } from "../../../gateway/system/log.ts";
import type { E164 } from "../../../gateway/number.ts";
import { eventually } from "../../support/eventually.ts";

// The program of --codes-command, as an attacker would want it who is after a code, a number or the gateway's end.

const FOLDER = mkdtempSync(join(tmpdir(), "toque-command-attacker-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const DELIVERY = { number: "+34600111222" as E164, code: "98765432", expiresMs: 0 };
/** A number or a code, whole or its first half, however it is grouped. */
const TELLTALE = /9\D{0,3}8\D{0,3}7\D{0,3}6|6\D{0,3}0\D{0,3}0\D{0,3}1\D{0,3}1\D{0,3}1/;

/** Its digits are chance. */
const TIME = /"time":"[^"]*",/;

function channelOf(words: string[], timeoutMs = 10_000) {
    const lines: string[] = [];
    const log = createLog("info", { write: (line: string) => void lines.push(line.replace(TIME, "")) });
    return { channel: createCommandChannel({ words, log, timeoutMs }), lines };
}

const sh = (script: string, ...words: string[]) => ["sh", "-c", script, "sh", ...words];

async function failure(words: string[], timeoutMs?: number): Promise<{ message: string; lines: string[] }> {
    const { channel, lines } = channelOf(words, timeoutMs);
    const error: unknown = await channel.send(DELIVERY).then(
        () => undefined,
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, "unavailable");
    assert.doesNotMatch(error.message + lines.join(""), TELLTALE);
    return { message: error.message, lines };
}

test(
    "command, attacked: the program inherits no socket, file or pipe of the gateway",
    { skip: !existsSync("/proc/self/fd") },
    async () => {
        const output = join(FOLDER, "handles");
        const list = `require("fs").writeFileSync(process.argv[1], require("fs").readdirSync("/proc/self/fd").map((fd) => { try { return fd + " " + require("fs").readlinkSync("/proc/self/fd/" + fd) } catch { return "" } }).join("\\n"))`;
        const listener = createServer().listen(0, "127.0.0.1");
        const own = openSync(join(FOLDER, "store-of-the-gateway"), "w");
        try {
            await channelOf([process.execPath, "-e", list, output]).channel.send(DELIVERY);
        } finally {
            closeSync(own);
            listener.close();
        }
        const handles = readFileSync(output, "utf8").split("\n");
        assert.ok(handles.includes("0 /dev/null") && handles.includes("1 /dev/null"), handles.join());
        assert.doesNotMatch(handles.join("\n"), /store-of-the-gateway/);
        assert.equal(handles.filter((handle) => /socket/.test(handle)).length, 1, "its standard error, and no other");
    },
);

const UNSTARTABLE: [name: string, words: () => string[], why: RegExp][] = [
    ["is not there", () => [join(FOLDER, "none")], /could not be started \(ENOENT\)\./],
    ["lies below a file", () => [join(fileOf("a-file", "", 0o644), "program")], /\(ENOTDIR\)/],
    ["is a folder", () => [FOLDER], /\(EACCES\)/],
    ["may not be run", () => [fileOf("not-executable", "#!/bin/sh\n", 0o644)], /\(EACCES\)/],
    ["has an interpreter that is not there", () => [fileOf("shebang", "#!/no/such\n", 0o755)], /\(ENOENT\)/],
    ["has more words than the system takes", () => ["true", "x".repeat(4 * 1024 * 1024)], /\(E2BIG\)/],
    ["has no name", () => [""], /\(ERR_INVALID_ARG_VALUE\)/],
];

function fileOf(name: string, text: string, mode: number): string {
    const path = join(FOLDER, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
}

for (const [name, words, why] of UNSTARTABLE) {
    test(`command, attacked: a program that ${name} is a sentence, not a mistake of the gateway`, async () => {
        const { message, lines } = await failure(words());
        assert.match(message, /could not be started/);
        assert.match(message, why);
        assert.equal(lines.length, 1);
    });
}

test(
    "command, attacked: with no file handle left, a sentence names that, and the gateway goes on",
    { skip: process.platform === "win32" },
    () => {
        const channel = new URL("../../../gateway/channels/command.ts", import.meta.url).href;
        const script = join(FOLDER, "no-handles.mts");
        writeFileSync(
            script,
            `import { createCommandChannel } from ${JSON.stringify(channel)};
        import { closeSync, openSync } from "node:fs";
        const none = () => {};
        const { send } = createCommandChannel({ words: ["true"], log: { info: none, warn: none, error: none } });
        const delivery = { number: "+34600111222", code: "98765432", expiresMs: 0 };
        const taken = [];
        try { for (;;) taken.push(openSync("/dev/null")); } catch {}
        const error = await send(delivery).catch((error) => error);
        taken.forEach((handle) => closeSync(handle));
        await send(delivery);
        console.log(error.code, error.message);`,
        );
        const loader = import.meta.resolve("tsx");
        const node = `ulimit -n 100; exec "$0" --import "$1" "$2"`;
        const { stdout, stderr, status } = spawnSync("sh", ["-c", node, process.execPath, loader, script], {
            encoding: "utf8",
        });
        assert.equal(status, 0, stderr);
        assert.match(stdout, /^unavailable .*could not be started \(EMFILE\)/);
    },
);

// A complaint is logged up to so many characters: the code that lies across that end must not be logged by half.
for (const before of [985, 993, 994, 996, 998, 999, 1_000]) {
    test(`command, attacked: of a code ${before} characters behind the start of a complaint nothing is logged`, async () => {
        for (const how of ["$TOQUE_CODE", "9876-5432", "9 8 7 6 5 4 3 2", "$TOQUE_NUMBER", "34 600 111 222"]) {
            const { lines } = await failure(
                sh(`printf '%0${before}d' 0 | tr 0 x >&2; printf '%s tail' "${how}" >&2; exit 1`),
            );
            assert.doesNotMatch(lines.join(""), /9876|9-?8|9 8|346001|600 111/, how);
            assert.match(lines.join(""), /xxxx/);
        }
    });
}

test("command, attacked: a complaint that would write lines or colours of its own into the log is one line of JSON", async () => {
    const { lines } = await failure(sh(`printf 'a\\n{"level":"error","msg":"forged"}\\r\\033[2J\\000' >&2; exit 1`));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^\{"level":"warn"[^\n]*\}\n$/);
    assert.equal(lines[0]?.includes("\u001b") ?? true, false);
});

test("command, attacked: a program that prints 'yes' for ever on both outputs is ended, and the gateway answers others meanwhile", async () => {
    const startOctets = process.memoryUsage.rss();
    let turns = 0;
    const heart = setInterval(() => turns++, 5);
    const pid = join(FOLDER, "yes");
    const script = `yes $TOQUE_CODE & echo $! > ${pid}; yes $TOQUE_NUMBER >&2`;
    const { message } = await failure(sh(script), 1_500).finally(() => {
        clearInterval(heart);
        end(pid); // if the gateway did not
    });
    assert.match(message, /did not end within 1\.5 s/);
    assert.ok(turns > 15, `${turns} turns of the event loop in 1.5 s: up to 300 when nothing else runs`);
    assert.ok(process.memoryUsage.rss() - startOctets < 64 * 1024 * 1024);
});

test("command, attacked: a program that ignores every signal it can, closes its outputs and stays is ended", async () => {
    const pid = join(FOLDER, "pid");
    const script = `trap '' TERM INT HUP PIPE; echo $$ > ${pid}; exec 2>&-; while :; do sleep 1; done`;
    const { message } = await failure(sh(script), 500);
    assert.match(message, /did not end within 0\.5 s/);
    await sleep(50);
    assert.equal(end(pid), "gone");
});

/** Ends a process that should have ended before. @param file what its number is in */
function end(file: string): "gone" | "ended now" {
    try {
        process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
        return "ended now";
    } catch {
        return "gone";
    }
}

/** Pipes and programs that this process would wait for. */
function held(): string[] {
    return process.getActiveResourcesInfo().filter((name) => /^(PipeWrap|ProcessWrap)$/.test(name));
}

test("command, attacked: of a program that did as it should and left something behind, no pipe is kept", async () => {
    await sleep(100);
    const before = held();
    const pid = join(FOLDER, "left");
    await channelOf(sh(`sleep 300 & echo $! > ${pid}`)).channel.send(DELIVERY);
    await eventually("no pipe", () => isDeepStrictEqual(held(), before));
    assert.equal(end(pid), "ended now", "nor was it waited for");
});

test("command, attacked: neither number nor code of a complaint reaches the log, which would mask them in any case", async () => {
    const logged: string[] = [];
    const write = (fields: Record<string, unknown>) => void logged.push(JSON.stringify(fields));
    const log = { info: write, warn: write, error: write };
    const channel = createCommandChannel({ words: sh('echo "$TOQUE_NUMBER, $TOQUE_CODE?" >&2; exit 1'), log });
    await assert.rejects(channel.send(DELIVERY));
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /\*\*\*, \*\*\*\?/);
});

test("command, attacked: a program that the system does not let go of is reported in time, and waited for no more", async (t) => {
    await sleep(100); // until those of the tests before are gone
    const before = held();
    const kill = t.mock.method(process, "kill", () => true); // as of one that hangs in a driver
    const { message } = await failure(sh("exec sleep 60"), 300);
    assert.match(message, /did not end within 0\.3 s/);
    assert.deepEqual(held(), before, "nor does it keep the gateway from its end");
    const [group, signal] = kill.mock.calls[0]!.arguments as unknown as [number, string];
    kill.mock.restore();
    assert.equal(signal, "SIGKILL");
    process.kill(Math.abs(group), "SIGKILL"); // throws when it had ended by itself
});

test(
    "command, attacked: a program that fails and leaves something behind is reported at once, not at the deadline",
    { timeout: 100_000 },
    async () => {
        const { message } = await failure(
            sh(`sleep 300 & echo $! > ${FOLDER}/slow; echo no modem >&2; exit 3`),
            200_000,
        );
        end(join(FOLDER, "slow"));
        assert.match(message, /--codes-command ended with 3\./);
    },
);
