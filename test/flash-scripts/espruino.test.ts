/** `toque flash` at the other end of an Espruino's console. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { crc32 } from "node:zlib";
import { MODULE } from "../../device/espruino/files.ts";
import { frame } from "../../device/slots.ts";
import { writeStorage } from "../../emulator/espruino/storage.ts";
import { copies } from "../../flash-scripts/espruino.ts";
import { BOARDS, FlashError, flash } from "../../flash-scripts/flash.ts";
import type { Plan } from "../../flash-scripts/plan.ts";
import { serveToque, spawnToque } from "../support/toque.ts";
import { noTerminal, openTerminal } from "./pseudo-terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 240_000;
const PROGRAM = readFileSync(join(ROOT, "dist/espruino/toque.js"));
const APP = 'toque.on("message", function (message) { print("ñ: " + message.body); });\n';
const SETTINGS = { host: "127.0.0.1", port: 1883, number: "+34600111222", ssid: "Café" };
const CREDENTIALS = { route: "abcdefghijklmnop", secret: "abcdefghijklmnopqrstuv" };
const octetsOf = (text: string) => Buffer.from(text).toString("latin1");
const silent = { note: () => undefined, sent: () => undefined };

/** What is put on a board whose console `serve` puts at the other end of a connection. */
async function planFor(t: TestContext, serve: (socket: Socket) => void): Promise<Plan> {
    const server = createServer((socket) => serve(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    return {
        board: BOARDS["espruino-esp8266"]!,
        port: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
        bundle: new Map([["toque.js", PROGRAM]]),
        settings: SETTINGS,
        credentials: CREDENTIALS,
        app: Buffer.from(APP),
        firstApp: Buffer.from("// the first\n"),
    };
}

/** Each file that a board is to have, as octets. */
function expected(): Record<string, string> {
    return {
        ".boot0": PROGRAM.toString("latin1"),
        toque: MODULE,
        ".bootcde": octetsOf(APP),
        "toque-config0": frame(1, octetsOf(JSON.stringify(SETTINGS))),
        "toque-credentials0": frame(1, JSON.stringify(CREDENTIALS)),
    };
}

/** A console that runs each line as JavaScript, as Espruino's does. */
class Board {
    readonly files = new Map<string, string>([
        ["toque-config1", "of an earlier time"],
        ["toque-session0", "of another route"],
    ]);
    loads = 0;
    readonly env = { VERSION: "2v99", MODULES: "Flash,net,Wifi" };
    /** octets that Storage has */
    capacity = 1_000_000;
    /** what becomes of a line on its way */
    line = (text: string) => text;
    #context = createContext({});
    #print: (text: string) => void = () => undefined;

    constructor() {
        this.#reset();
    }

    serve(socket: Socket): void {
        let rest = "";
        this.#print = (text) => socket.write(`${text}\r\n>`, "latin1");
        socket.setEncoding("latin1").on("data", (data: string) => {
            const lines = (rest + data).replaceAll("\x03", "").split("\n");
            rest = lines.pop() ?? "";
            for (const line of lines) this.#run(this.line(line.replace(/^\x10/, "")));
        });
    }

    #run(line: string): void {
        try {
            runInContext(line, this.#context);
        } catch (error) {
            this.#print(`Uncaught ${String(error)}`);
        }
    }

    #reset(): void {
        const Storage = {
            read: (name: string, offset = 0, length?: number) => this.files.get(name)?.substr(offset, length),
            write: (name: string, data: string, offset: number, size: number) => {
                const old = offset === 0 ? "\xff".repeat(size) : this.files.get(name)!;
                if (old.length > this.capacity) return false;
                this.files.set(name, old.slice(0, offset) + data + old.slice(offset + data.length));
                return true;
            },
            erase: (name: string) => void this.files.delete(name),
            getFree: () => this.capacity,
            compact: () => undefined,
        };
        this.#context = createContext({
            require: () => Storage,
            process: { env: this.env, memory: () => ({ total: 1700 }) },
            E: { CRC32: (data: string) => crc32(Buffer.from(data, "latin1")) },
            setTimeout: (text: string) => this.#run(text),
            atob: (text: string) => Buffer.from(text, "base64").toString("latin1"),
            btoa: (data: string) => Buffer.from(data, "latin1").toString("base64"),
            print: (text: string) => this.#print(text),
            reset: () => this.#reset(),
            load: () => this.#load(),
        });
    }

    #load(): void {
        this.loads++;
        this.#reset();
        const loads = this.loads;
        this.#run(this.files.get(".boot3") ?? "");
        if (this.loads === loads) this.#print("toque: online");
    }
}

test("flash espruino: program, application and settings are written, read back and started", async (t) => {
    const board = new Board();
    const notes: string[] = [];
    const plan = await planFor(t, (socket) => board.serve(socket));
    await flash(plan, { ...silent, note: (text) => notes.push(text) });
    assert.match(
        notes.join("\n"),
        /^Espruino 2v99 answers: 1700 variables, 1000000 octets of Storage free\.\nThe board starts/,
    );
    assert.deepEqual(Object.fromEntries(board.files), expected());
    assert.equal(board.loads, 1);
});

test("flash espruino: a program that is there stays whole until the new one is, and another application stays", async (t) => {
    const board = new Board();
    board.files.set(".boot0", "the old program").set(".bootcde", "a person's");
    let staged = 0;
    board.line = (text) => {
        if (board.files.has("toque-new") && !board.files.has(".boot3")) staged++;
        if (!text.includes("load()")) assert.equal(board.files.get(".boot0"), "the old program");
        return text;
    };
    const plan = await planFor(t, (socket) => board.serve(socket));
    await flash({ ...plan, app: undefined }, silent);
    assert.ok(staged > PROGRAM.length / 100, "it lay beside the old one");
    assert.deepEqual(Object.fromEntries(board.files), { ...expected(), ".bootcde": "a person's" });
    assert.equal(board.loads, 2, "the first start copies");
    board.line = (text) => (/_w\("(?!toque-c)/.test(text) ? assert.fail(text) : text); // all of that is there
    await flash({ ...plan, app: undefined }, silent);
});

const FAILURES: [name: string, harm: (board: Board) => void, sentence: RegExp][] = [
    [
        "a firmware that is too old",
        (board) => (board.env.VERSION = "2v20.1"),
        /^The board runs Espruino 2v20\.1\. Toque needs 2v21 or newer: flash that first/,
    ],
    ["a firmware without Wi-Fi", (board) => (board.env.MODULES = "net"), /has no module Wifi/],
    ["no room", (board) => (board.capacity = 500), /^There is no room for \.boot0 in the board's flash: /],
    [
        "an octet that is lost on the way",
        (board) => (board.line = (text) => text.replace(/(?<=,720,"....)./, "")),
        /^\.boot0 is not whole on the board from octet 720 on: look at the cable/,
    ],
    [
        "a firmware that lacks something",
        (board) => (board.line = (text) => text.replace("atob", "none")),
        /^The board refused a line: Uncaught ReferenceError/,
    ],
    ["nobody there", (board) => (board.line = () => ""), /^No Espruino answers\. Is this port the board's, /],
];
for (const [name, harm, sentence] of FAILURES) {
    test(`flash espruino: ${name} is refused with a sentence, and nothing is started`, async (t) => {
        const board = new Board();
        harm(board);
        const plan = await planFor(t, (socket) => board.serve(socket));
        const refused = (error: unknown) => error instanceof FlashError && sentence.test(error.message);
        await assert.rejects(flash(plan, silent), refused);
        assert.doesNotMatch([...board.files.keys()].join(), /boot3/);
    });
}

function flashOf(t: TestContext, interpreter: string, files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "toque-flashed-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeStorage(interpreter, folder, new Map(Object.entries(files)));
    return folder;
}

function start(t: TestContext, interpreter: string, folder: string): ChildProcessWithoutNullStreams {
    const child = spawn(interpreter, [], { cwd: folder, stdio: "pipe" });
    child.stdin.on("error", () => undefined);
    t.after(() => child.kill("SIGKILL"));
    return child;
}

function shows(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<void> {
    let screen = "";
    return new Promise((resolve, reject) => {
        child.once("close", () => reject(new Error(`the board ended without ${String(pattern)}: ${screen}`)));
        child.stdout.on("data", (data: Buffer) => {
            screen += data.toString("latin1");
            if (pattern.test(screen)) resolve();
        });
    });
}

const OLD = 'print("I am old");';
const NEW = `/*${"x".repeat(1100)}*/print("I am new");`;

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable];
    const skip = interpreter ? false : `${variable} is not set: genuine Espruino interpreter`;

    test(
        `flash espruino: ${variable} copies the new program whole, wherever the power fails`,
        { skip, timeout: TIMEOUT_MS },
        async (t) => {
            for (let cutAt = 0; cutAt < NEW.length; cutAt += 256) {
                const stop = `s.read("cut")&&(s.erase("cut"),print("cut"),function(){for(;;);}())`;
                const cut = copies(".boot3").replace("o+=256)", `o+=256,o==${cutAt}&&${stop})`);
                const files = { ".boot0": OLD, "toque-new": NEW, cut: "once" };
                const folder = flashOf(t, interpreter!, {
                    ...files,
                    ".boot3": cutAt === 0 ? cut.replace("s.write(", `${stop},s.write(`) : cut,
                });
                const first = start(t, interpreter!, folder);
                await shows(first, /cut\r/);
                first.kill("SIGKILL");
                await once(first, "close");
                const second = start(t, interpreter!, folder);
                await shows(second, /I am new/);
                second.kill("SIGKILL");
            }
        },
    );

    test(
        `toque flash: an erased ${variable} on a pseudo-terminal is online, and shows its first message`,
        { skip: skip || noTerminal(), timeout: TIMEOUT_MS },
        async (t) => {
            const gateway = await serveToque();
            t.after(async () => {
                await gateway.stop();
                rmSync(gateway.data, { recursive: true, force: true });
            });
            const wifi = readFileSync(join(ROOT, "emulator/espruino/wifi.js"), "latin1");
            const folder = flashOf(t, interpreter!, { Wifi: wifi.replace("0.0.0.0", "127.0.0.1") });
            writeFileSync(join(folder, "app.js"), APP);
            const terminal = await openTerminal(t);
            const words = [
                ...["flash", "+34600111222", "--board", "espruino-esp8266", "--port", terminal.path, "--ssid", "Café"],
                ...[
                    "--gateway",
                    `127.0.0.1:${gateway.mqttPort}`,
                    "--data",
                    gateway.data,
                    "--app",
                    join(folder, "app.js"),
                ],
            ];
            const password = { TOQUE_WIFI_PASSWORD: "of the Wi-Fi" };

            const board = start(t, interpreter!, folder);
            terminal.attach(board.stdout, board.stdin);
            const done = await spawnToque(words, password).ended;
            assert.equal(done.status, 0, done.stderr);
            assert.doesNotMatch(done.stderr + done.stdout, /of the Wi-Fi/);
            assert.match(done.stdout, /^\+34600111222 is online\./);
            const shown = shows(board, /: Dinner is ready/);
            const message = await spawnToque([
                "send",
                "+34600111222",
                "Dinner is ready",
                "--wait",
                "--data",
                gateway.data,
            ]).ended;
            assert.equal(message.status, 0, message.stderr);
            await shown;
        },
    );
}
