import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./pages.ts";

/** Longer than any command takes on a busy machine. */
const COMMAND_MS = 180_000;
const READY_MS = 60_000;

/** Commands that go on until they are ended, and the line that they print once they are ready. */
const LASTING: [command: RegExp, ready: RegExp][] = [
    [/^npx toque serve /, /Toque listens for boards on (?<mqtt>\S+?:\d+) .*for messages on (?<http>\S+);/],
    [/^npx toque emulate \+/, /^toque: online/m],
    [/^npx toque emulate --fleet /, /^100 online/m],
    [/^mosquitto -c /, /mosquitto version .+ running/],
];

/** A command that goes on: its first words, and what it has printed. */
interface Running {
    name: string;
    child: ChildProcess;
    output: () => string;
}

/** A person at a terminal in a home folder of its own: types a page's commands, with what earlier ones printed, on free ports. */
export class Terminal {
    readonly home = mkdtempSync(join(tmpdir(), "toque-docs-"));
    /** what stands for a capital word in a command */
    readonly words: Record<string, string> = {};
    /** where the gateway listens, for boards and for senders: host and port */
    mqtt = "";
    http = "";
    cwd = ROOT;
    readonly #running: Running[] = [];
    readonly #environment = join(this.home, ".environment");
    /** in the place of the second broker's */
    readonly #brokerPort: number;

    /** Opens a terminal; `close` it when done. */
    static async open(): Promise<Terminal> {
        const server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        await new Promise((resolve) => server.close(resolve));
        return new Terminal(port);
    }

    private constructor(brokerPort: number) {
        this.#brokerPort = brokerPort;
        writeFileSync(this.#environment, "");
        const bin = join(this.home, ".bin");
        mkdirSync(bin);
        // What npx finds in the folder, without the second that npm takes to find it.
        const toque = `for at in bin node_modules/toque/bin; do [ -f $at/toque.mjs ] && exec ${process.execPath} $at/toque.mjs "$@"; done`;
        writeFileSync(join(bin, "npx"), `#!/bin/sh\nshift\n${toque}\n`);
        chmodSync(join(bin, "npx"), 0o755);
    }

    /** Writes a block that begins with a comment which names a file of the home folder or of the current one. */
    write(text: string): void {
        const [, place, name] = /^(?:\/\/|--|#) (~\/)?([\w-]+\.\w+(?:\.\w+)?)\n/.exec(text) ?? [];
        if (name !== undefined)
            writeFileSync(join(place === undefined ? this.cwd : this.home, name), this.#adapt(text) + "\n");
    }

    /** Runs a command: to its end, or until it is ready. @returns what it printed. Throws when it fails. */
    async type(command: string): Promise<string> {
        const lasting = LASTING.find(([form]) => form.test(command));
        const line = this.#adapt(command);
        if (lasting !== undefined) return this.#start(line, lasting[1]);
        const { child, output } = this.#spawn(
            `. ${this.#environment}\n${line}\nstatus=$?\nexport -p > ${this.#environment}\nexit $status`,
        );
        const timer = setTimeout(() => end(child), COMMAND_MS);
        const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
        clearTimeout(timer);
        if (status !== 0) throw new Error(`${line}\nended with ${status}:\n${output()}`);
        this.#read(output());
        return output();
    }

    /** Resolves when a command that goes on has printed the text. */
    async until(name: string, text: string): Promise<void> {
        const { output } = this.#running.find((running) => running.name === name)!;
        const deadlineMs = performance.now() + READY_MS;
        while (!output().includes(text)) {
            if (performance.now() > deadlineMs) throw new Error(`${name} does not print "${text}":\n${output()}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    /** Ends what still runs, and removes the home folder. */
    async close(): Promise<void> {
        for (const { name } of [...this.#running]) await this.#stop(name);
        rmSync(this.home, { recursive: true, force: true });
    }

    /** The words, addresses and ports that a reader would put in. */
    #adapt(command: string): string {
        let line = command
            .replace(/(?:192\.168\.1\.5|127\.0\.0\.1):8080/g, this.http)
            .replace(/(?:192\.168\.1\.5|127\.0\.0\.1):1883/g, this.mqtt)
            .replace(/\b1884\b/g, String(this.#brokerPort))
            .replaceAll("192.168.1.5", "127.0.0.1");
        for (const [word, value] of Object.entries(this.words))
            line = line.replace(new RegExp(`(?<![$A-Z_])${word}\\b`, "g"), () => value);
        if (/^npx toque emulate (\+|--fleet)/.test(line)) line += ` --gateway ${this.mqtt}`;
        if (line.startsWith("mosquitto_pub -h")) line += ` -p ${this.mqtt.split(":")[1]}`;
        return line;
    }

    /** Remembers what a later command needs. */
    #read(output: string): void {
        for (const [word, form] of Object.entries({
            ROUTE: /^route +(\S+)$/m,
            SECRET: /^secret +(\S+)$/m,
            TOKEN: /^token +(\S+)$/m,
            ID: /^message +(\S+)$/m,
        })) {
            const [, value] = form.exec(output) ?? [];
            if (value !== undefined) this.words[word] = value;
        }
    }

    async #start(line: string, ready: RegExp): Promise<string> {
        const name = line.split(" ").slice(0, 3).join(" ");
        await this.#stop(name);
        const { child, output } = this.#spawn(`. ${this.#environment}\n${line}`);
        this.#running.push({ name, child, output });
        const deadlineMs = performance.now() + READY_MS;
        for (;;) {
            const found = ready.exec(output());
            if (found !== null) {
                this.mqtt = found.groups?.mqtt ?? this.mqtt;
                this.http = found.groups?.http?.replace("http://", "") ?? this.http;
                if (found.groups?.http !== undefined)
                    this.words.TOKEN ??= readFileSync(join(this.#dataOf(line), "admin-token"), "utf8").trim();
                return output();
            }
            if (child.exitCode !== null || performance.now() > deadlineMs)
                throw new Error(`${line}\nis not ready:\n${output()}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    #dataOf(line: string): string {
        const [, folder = ""] = /--data (\S+)/.exec(line) ?? [];
        return folder.startsWith("~") ? join(this.home, folder.slice(1)) : join(this.cwd, folder);
    }

    async #stop(name: string): Promise<void> {
        const at = this.#running.findIndex((running) => running.name === name);
        const [running] = at < 0 ? [] : this.#running.splice(at, 1);
        if (running === undefined || running.child.exitCode !== null) return;
        const closed = once(running.child, "close");
        end(running.child);
        await closed;
    }

    #spawn(script: string): { child: ChildProcess; output: () => string } {
        const own = Object.entries(process.env).filter(([name]) => !/^(TOQUE_|npm_|NODE_TEST)/.test(name));
        const env = {
            ...Object.fromEntries(own),
            ...{ HOME: this.home, NO_COLOR: "1", TOQUE_MQTT_PORT: "0", TOQUE_HTTP_PORT: "0", TOQUE_TLS_PORT: "0" },
            PATH: `${join(this.home, ".bin")}:${process.env.PATH}:/usr/sbin`,
        };
        const child = spawn("bash", ["-c", script], {
            cwd: this.cwd,
            env,
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let text = "";
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (more: string) => (text += more));
        return { child, output: () => text };
    }
}

/** Ends a command with all that it started: its process group. */
function end(child: ChildProcess): void {
    try {
        process.kill(-child.pid!, "SIGTERM");
    } catch {
        // it has ended by itself
    }
}
