/** What a person does with Espruino's Web IDE, on the genuine interpreter: Toque is online after each, and no message is lost or shown twice. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ESPRUINO_BUNDLE } from "../../../bundler/espruino/build.ts";
import { ROOT } from "../../../bundler/output.ts";
import { MODULE } from "../../../device/espruino/files.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";
import { slotFiles } from "../../../emulator/settings.ts";
import { eventually } from "../../support/eventually.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

const NUMBER = "+34600555777";
const PATIENCE_MS = 60_000;

/** The interpreter at its console, with a gateway. */
class Console {
    printed = "";
    #typed = 0;
    #board: ChildProcessWithoutNullStreams | undefined;

    private constructor(
        readonly gateway: RunningGateway,
        readonly interpreter: string,
        readonly folder: string,
    ) {}

    /** @param program the saved one */
    static async open(t: TestContext, interpreter: string, program: string): Promise<Console> {
        const folder = mkdtempSync(join(tmpdir(), "toque-ide-"));
        const gateway = await runGateway();
        const { route, secret } = await gateway.register(NUMBER);
        const files = new Map([
            [".boot0", readFileSync(ESPRUINO_BUNDLE, "latin1")],
            ["toque", MODULE],
            [".bootcde", program],
            ["Wifi", readFileSync(join(ROOT, "emulator/espruino/wifi.js"), "latin1")],
            ...slotFiles({ runtime: "espruino", gateway: gateway.address, number: NUMBER, route, secret }),
        ]);
        writeStorage(interpreter, folder, files);
        const console = new Console(gateway, interpreter, folder);
        t.after(async () => {
            console.cut();
            await gateway.stop();
            rmSync(folder, { recursive: true, force: true });
        });
        return console;
    }

    /** Power on. */
    on(): void {
        const board = spawn(this.interpreter, [], { cwd: this.folder, stdio: "pipe" });
        this.#board = board;
        board.stdin.on("error", () => undefined);
        board.stdout.on("data", (data: Buffer) => (this.printed += data.toString("latin1")));
    }

    cut(): void {
        this.#board?.kill("SIGKILL");
    }

    /** Types lines as the Web IDE sends them. What the last one prints comes back, or the variables in use. */
    async type(...lines: string[]): Promise<string> {
        const mark = `#typed${1000 + ++this.#typed}`; // as many digits each time: they take variables
        const text = lines.map((line) => `\x10${line}\n`).join("");
        this.#board!.stdin.write(`${text}\x10print("${mark} "+process.memory().usage)\n`);
        const found = new RegExp(`${mark} (\\d+)`);
        await eventually(
            () => `${lines.join("; ")}: ${this.printed}`,
            () => found.test(this.printed),
            PATIENCE_MS,
        );
        return found.exec(this.printed)![1]!;
    }

    /** A board's Wi-Fi outlasts a reset; the emulator's begins anew. */
    async join(): Promise<void> {
        await this.type('require("Wifi").happen("127.0.0.1","connected")');
    }

    /** What the handlers printed: "NAME: body". */
    get shown(): string[] {
        return [...this.printed.matchAll(/#shown ([^\r\n]*)/g)].map(([, line]) => line!);
    }

    /** Sends a message, and waits until it is delivered. */
    async delivered(body: string): Promise<void> {
        const { id } = await this.gateway.send(NUMBER, body);
        await eventually(
            () => `${body}: ${this.printed.slice(-2000)}`,
            async () => (await this.gateway.receipt(id)).state === "delivered",
            PATIENCE_MS,
        );
    }
}

/** A program whose handler shows its name with each message. */
function program(name: string): string {
    return `toque.on("message",function(m){print("#shown ${name}: "+m.body)})`;
}

/** A program that a person saves as text. */
function quoted(name: string): string {
    return JSON.stringify(program(name));
}

/** What the person does, in lines; and the program whose handler runs then. */
const WAYS: [name: string, runs: string, lines: string[]][] = [
    ["send to RAM", "ram", ["reset()", program("ram")]],
    ["send to RAM again", "again", ["reset()", program("again")]],
    ["another handler without a reset", "typed", [program("typed")]],
    ["save to flash", "saved", [`E.setBootCode(${quoted("saved")})`, "load()"]],
    ["load()", "saved", ["load()"]],
    ["reset() and load()", "saved", ["reset()", "load()"]],
    ["write .bootcde", "file", [`require("Storage").write(".bootcde",${quoted("file")})`, "load()"]],
    ["save to flash, also after a reset", "always", [`E.setBootCode(${quoted("always")},true)`, "load()"]],
    ["reset() then", "always", ["reset()"]],
    ["save()", "image", ["E.setBootCode()", "reset()", program("image"), "save()"]],
    ["load() of an image", "image", ["load()"]],
];

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable] ?? "";
    const skip = interpreter === "" ? `${variable} is not set: genuine Espruino interpreter` : false;

    test(`the Web IDE's ways on ${variable}: each message once, in order`, { skip, timeout: 400_000 }, async (t) => {
        const console = await Console.open(t, interpreter, program("first"));
        const expected: string[] = [];
        // an image names places in flash, which ESPRUINO's build maps elsewhere in each process; boards and the other build do not
        const again: typeof WAYS = variable === "ESPRUINO" ? [] : [["power on with an image", "image", []]];
        console.on();
        await console.join();
        let before = "first";
        for (const [name, runs, lines] of [...WAYS, ...again]) {
            await console.delivered(`before ${name}`);
            expected.push(`${before}: before ${name}`);
            // without an address: what comes now waits
            await console.type('require("Wifi").happen("0.0.0.0","disconnected")');
            const during = await console.gateway.send(NUMBER, `during ${name}`);
            if (lines.length === 0) {
                console.cut();
                console.on();
            }
            for (const line of lines) await console.type(line);
            await console.join();
            await console.delivered(`after ${name}`);
            assert.equal((await console.gateway.receipt(during.id)).state, "delivered");
            expected.push(`${runs}: during ${name}`, `${runs}: after ${name}`);
            assert.deepEqual(console.shown, expected, `${name}: ${console.printed.slice(-2000)}`);
            await console.type('print("#timers "+Object.keys(global["\\xff"].timers).length)');
            assert.equal([...console.printed.matchAll(/#timers (\d+)/g)].at(-1)?.[1], "1", name);
            before = runs;
        }
    });
}
