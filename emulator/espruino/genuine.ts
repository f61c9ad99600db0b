import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Board, DeviceOptions, Memory, Names, Say } from "../device.ts";
import type { Radio } from "../radio.ts";
import { Relay } from "../relay.ts";
import type { Screen } from "../screen.ts";
import { handFile } from "./hand-files.ts";
import { writeBoard } from "./storage.ts";

const WIFI = fileURLToPath(new URL("wifi.js", import.meta.url));

/** TLS needs whole stretches of the heap. An ESP32 has all its variables from the start; here the heap has to grow beyond 4,096 first. */
const GROW = "(function(){var a=[];for(var i=0;i<12000;i++)a.push(i);})()";

/** How long the interpreter may take to answer on its console. */
const ANSWER_MS = 20_000;

/**
 * After how long an unanswered expression is typed again. ERASE_LINE goes first: when the first one lost a bracket, the console still
 * waits for its end.
 */
const AGAIN_MS = 3000;
const ERASE_LINE = "\x1b[2H";

/** How many of the screen's last lines an error shows. */
const LAST_LINES = 8;

/** The interpreter does not echo a line that begins with this. */
const SILENTLY = "\x10";

/** The interpreter to use. @param path instead of the one that ESPRUINO names */
export function findInterpreter(path = process.env.ESPRUINO): string {
    if (path === undefined || path === "") {
        throw new Error("ESPRUINO is not set: it names the genuine Espruino interpreter, built for Linux.");
    }
    if (!existsSync(path)) throw new Error(`${path} is not there: ESPRUINO names the genuine Espruino interpreter.`);
    return path;
}

/**
 * A board whose programs run from the flash of the genuine interpreter, a process of its own. It gets a
 * Wifi module, and reaches the gateway through a relay, because it cannot choose the address it leaves from.
 */
export class Genuine implements Board {
    readonly #interpreter: string;
    readonly #folder: string;
    readonly #screen: Screen;
    readonly #relay: Relay;
    readonly #names: Names;
    #child: ChildProcessWithoutNullStreams | undefined;
    #rest = "";
    /** by the question's number */
    #answers = new Map<number, (words: string[]) => void>();
    #questions = 0;

    private constructor(interpreter: string, folder: string, screen: Screen, relay: Relay, names: Names) {
        this.#interpreter = interpreter;
        this.#folder = folder;
        this.#screen = screen;
        this.#relay = relay;
        this.#names = names;
    }

    /** @param flashed makes the files for flash; files that the flash has already and they do not name stay */
    static async create(
        interpreter: string,
        folder: string,
        screen: Screen,
        radio: Radio,
        options: DeviceOptions,
        flashed: (options: DeviceOptions) => Map<string, string>,
    ): Promise<Genuine> {
        const { host, port } = options.gateway;
        const names = { ...options.names };
        names[host] ??= (await lookup(host, 4)).address;
        const resolves = names[host] !== "fails" && names[host] !== "hangs";
        const relay = await Relay.listen(resolves ? names[host] : "127.0.0.1", port, radio);
        try {
            const files = flashed({ ...options, gateway: { host, port: relay.port } });
            files.set("Wifi", readFileSync(WIFI, "latin1"));
            files.set(".bootPowerOn", options.ca === undefined ? "echo(0)" : `echo(0);${GROW}`); // before .boot0
            writeBoard(interpreter, folder, files, /^toque-(config|credentials)/);
        } catch (error) {
            await relay.close();
            throw error;
        }
        return new Genuine(interpreter, folder, screen, relay, names);
    }

    async start(): Promise<void> {
        for (const line of this.#screen.hands.inputs()) this.#keep(line);
        const child = spawn(this.#interpreter, [], { cwd: this.#folder, stdio: "pipe" });
        this.#child = child;
        this.#rest = "";
        child.stdin.on("error", () => undefined); // it is gone: "exit" follows
        child.stdout.on("data", (data: Buffer) => {
            if (this.#child === child) this.#read(data.toString("latin1"));
        });
        child.on("exit", (code, signal) => {
            if (this.#child !== child) return;
            this.#child = undefined;
            this.#screen.events.emit("gone", `the interpreter ended: ${signal ?? code}`);
        });
        await new Promise<void>((resolve, reject) => {
            child.once("spawn", resolve);
            child.once("error", reject);
        });
        await this.setNames({});
    }

    async cut(): Promise<void> {
        const child = this.#child;
        this.#child = undefined;
        for (const answer of this.#answers.values()) answer([]);
        if (child === undefined || child.exitCode !== null) return;
        const gone = new Promise((resolve) => child.once("close", resolve));
        child.kill("SIGKILL");
        await gone;
    }

    async wifi(event: "connected" | "disconnected" | undefined, address: string): Promise<void> {
        await this.#ask(`require("Wifi").happen(${JSON.stringify(address)},${JSON.stringify(event ?? "")})`);
    }

    async input(line: string): Promise<void> {
        const moved = this.#keep(line);
        if (moved !== undefined) await this.#ask(`global._hands&&_hands(${moved})`);
    }

    #keep(line: string): number | undefined {
        const { name, octets, moved } = handFile(line);
        writeFileSync(join(this.#folder, name), octets);
        return moved;
    }

    async setNames(names: Names): Promise<void> {
        Object.assign(this.#names, names);
        await this.#ask(`require("Wifi").names=${JSON.stringify(this.#names)},1`);
    }

    async failHandler(times: number): Promise<void> {
        await this.#ask(`global.failing=${times}`);
    }

    async say(what: Say): Promise<boolean> {
        const text = (octets: string | undefined): string =>
            octets === undefined ? "undefined" : `atob("${Buffer.from(octets, "latin1").toString("base64")}")`;
        const call =
            what.say === "read"
                ? `toque.read(${what.sequence})`
                : `toque.send({to:${text(what.to)},body:${text(what.body)},title:${text(what.title)}},function(y){print("outcome: "+(y||"accepted"))})`;
        return (await this.#ask(call, false))[0] === "true";
    }

    async memory(): Promise<Memory> {
        const [used, total] = await this.#ask('process.memory().usage+" "+process.memory().total');
        return { used: Number(used), total: Number(total), unit: "JsVars" };
    }

    /** The files and sockets of its process, from Linux's /proc. */
    handles(): Promise<number> {
        return Promise.resolve(readdirSync(`/proc/${this.#child?.pid}/fd`).length);
    }

    interrupt(): Promise<void> {
        this.#child?.kill("SIGINT");
        return Promise.resolve();
    }

    async dispose(): Promise<void> {
        await this.#relay.close();
    }

    /**
     * Types an expression on the console, and reads the words that its value prints as. On Linux the interpreter reads what is typed in
     * another thread, without a lock, and sometimes loses a character: an expression without an answer is typed again.
     * @param again may be evaluated twice
     */
    #ask(expression: string, again = true): Promise<string[]> {
        const child = this.#child;
        if (child === undefined) return Promise.reject(new Error("The interpreter is not running."));
        const question = ++this.#questions;
        const line = `${SILENTLY}print("#answer ${question} "+(${expression}))\n`;
        return new Promise((resolve, reject) => {
            const repeater = again ? setInterval(() => child.stdin.write(ERASE_LINE + line), AGAIN_MS) : undefined;
            const settle = (): void => {
                clearInterval(repeater);
                clearTimeout(timer);
                this.#answers.delete(question);
            };
            const timer = setTimeout(() => {
                settle();
                const last = this.#screen.lines.slice(-LAST_LINES).join("; ");
                reject(
                    new Error(
                        `The interpreter did not answer ${expression} within ${ANSWER_MS} ms. Its last lines: ${last}`,
                    ),
                );
            }, ANSWER_MS);
            this.#answers.set(question, (words) => {
                settle();
                resolve(words);
            });
            child.stdin.write(line);
        });
    }

    /** Takes what the console prints: answers, and lines for the screen without the prompt's own characters. */
    #read(octets: string): void {
        const lines = (this.#rest + octets).split("\n");
        this.#rest = lines.pop() ?? "";
        for (const line of lines) {
            const text = line.replace(/\r/g, "").replace(/^(?:>|\x1b\[J)*/, "");
            const [, question, words] = /^#answer (\d+) (.*)$/.exec(text) ?? [];
            if (words !== undefined) this.#answers.get(Number(question))?.(words.split(" "));
            else if (text !== "") this.#screen.print(text);
        }
    }
}
