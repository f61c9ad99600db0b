/** `npm run flash:espruino` at the other end of a board's console. */
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { MODULE } from "../../device/espruino/files.ts";
import { frame } from "../../device/slots.ts";
import { writeStorage } from "../../emulator/espruino/storage.ts";
import { flash as flashBoard } from "../../flash-scripts/espruino.ts";
import { FlashError, readOptions } from "../../flash-scripts/options.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 120_000;
const APP = 'module.exports = function (message) { print("ñ: " + message.body); };\n';
const CONFIG = '{"host":"127.0.0.1","port":1883,"number":"+34600111222","ssid":"Café"}';
const CREDENTIALS = '{"route":"abcdefghijklmnop","secret":"abcdefghijklmnopqrstuv"}';
const octetsOf = (text: string) => Buffer.from(text).toString("latin1");

/** The script's words for what `serve` puts at the other end of a connection. */
async function wordsFor(t: TestContext, serve: (socket: Socket) => void): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), "toque-flash-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "app.js"), APP);
    const server = createServer((socket) => serve(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const port = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const flags = [
        "--gateway",
        "127.0.0.1",
        "--number",
        "+34600111222",
        "--ssid",
        "Café",
        "--app",
        join(folder, "app.js"),
    ];
    const secret = ["--route", "abcdefghijklmnop", "--secret", "abcdefghijklmnopqrstuv"];
    return ["--port", port, ...flags, ...secret];
}

/** Runs the script. */
async function flash(t: TestContext, serve: (socket: Socket) => void) {
    const words = ["--import", "tsx", "flash-scripts/espruino.ts", ...(await wordsFor(t, serve))];
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        execFile(process.execPath, words, { cwd: ROOT, timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
            resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
        );
    });
}

/** Each file that a board is to have, as octets. */
function expected(): Record<string, string> {
    return {
        ".boot0": readFileSync(join(ROOT, "dist/espruino/toque.js"), "latin1"),
        toque: MODULE,
        ".bootcde": octetsOf(APP),
        "toque-config0": frame(1, octetsOf(CONFIG)),
        "toque-credentials0": frame(1, CREDENTIALS),
    };
}

/** A console that runs each line as JavaScript, as Espruino's does. */
class Board {
    readonly files = new Map<string, string>([["toque-config1", "of an earlier time"]]);
    loads = 0;
    readonly env = { VERSION: "2v99" };
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
            process: { env: this.env },
            atob: (text: string) => Buffer.from(text, "base64").toString("latin1"),
            btoa: (data: string) => Buffer.from(data, "latin1").toString("base64"),
            print: (text: string) => this.#print(text),
            reset: () => this.#reset(),
            load: () => void this.loads++,
        });
    }
}

test("flash espruino: program, application and settings are written, read back and started", async (t) => {
    const board = new Board();
    const { code, stdout, stderr } = await flash(t, (socket) => board.serve(socket));
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Espruino 2v99 answers\. Uploading Toque…\nDone: /);
    assert.deepEqual(Object.fromEntries(board.files), expected());
    assert.equal(board.loads, 1);
});

test("flash espruino: a firmware that is too old ends the script with a sentence and a code", async (t) => {
    const board = new Board();
    board.env.VERSION = "2v20.1";
    const { code, stderr } = await flash(t, (socket) => board.serve(socket));
    assert.match(stderr, /^The board runs Espruino 2v20\.1\. Toque needs 2v21 or newer: flash that first/);
    assert.equal(code, 1);
    assert.equal(board.loads, 0);
});

const FAILURES: [name: string, harm: (board: Board) => void, sentence: RegExp][] = [
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
        const options = readOptions("", await wordsFor(t, (socket) => board.serve(socket)));
        const refused = (error: unknown) => error instanceof FlashError && sentence.test(error.message);
        await assert.rejects(flashBoard(options), refused);
        assert.equal(board.loads, 0);
    });
}

/** Prints files as base64, by pieces that an ESP8266 has the memory for. */
const READ = (names: string[]) => `var s=require("Storage");${JSON.stringify(names)}.forEach(function(n){
    print("#"+n+"=");
    for(var o=0,d;d=s.read(n,o,480);o+=480)print(btoa(d));
    print("#");
});`;

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable];
    const skip = interpreter ? false : `${variable} is not set: genuine Espruino interpreter`;
    test(
        `flash espruino: a genuine one (${variable}) has it all in its flash, and runs it`,
        { skip, timeout: TIMEOUT_MS },
        async (t) => {
            const folder = mkdtempSync(join(tmpdir(), "toque-flashed-"));
            t.after(() => rmSync(folder, { recursive: true, force: true }));
            const wifi = readFileSync(join(ROOT, "emulator/espruino/wifi.js"), "latin1").replace(
                "0.0.0.0",
                "127.0.0.1",
            );
            writeStorage(interpreter!, folder, new Map([["Wifi", wifi]]));
            const child = spawn(interpreter!, [], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
            t.after(() => child.kill("SIGKILL"));
            let screen = "";
            child.stdout.setEncoding("latin1").on("data", (data: string) => (screen += data));
            for (const time of ["new", "again, while Toque runs"]) {
                screen = "";
                const { code, stderr } = await flash(t, (socket) => {
                    const pass = (data: string) => void socket.write(data, "latin1");
                    child.stdout.on("data", pass);
                    socket.on("data", (data) => child.stdin.write(data));
                    socket.on("close", () => child.stdout.off("data", pass));
                });
                assert.deepEqual([code, stderr], [0, ""], time);
                while (!screen.includes("toque: dialing")) await once(child.stdout, "data");
            }
            child.kill("SIGKILL");
            await once(child, "close");
            writeFileSync(join(folder, "read.js"), READ(Object.keys(expected())));
            const run = { cwd: folder, encoding: "latin1", timeout: TIMEOUT_MS } as const;
            const output = execFileSync(interpreter!, ["read.js"], run);
            const found = Object.entries(expected()).map(([name, data]) => {
                const base64 = output.split(`#${name}=`)[1]?.split("#")[0] ?? "";
                return [name, Buffer.from(base64, "base64").toString("latin1") === data];
            });
            assert.deepEqual(
                found,
                Object.keys(expected()).map((name) => [name, true]),
            );
        },
    );
}
