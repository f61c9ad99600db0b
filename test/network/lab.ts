import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The gateway's address, and the network that both are on. */
export const GATEWAY = "10.77.0.1";
const LONGEST_MS = 60_000;

/** What a device in the lab printed, and when. */
export interface Heard {
    atMs: number;
    state?: string;
    text?: string;
    shown?: number;
    body?: string;
}

/** Why the lab cannot be set up here; false: it can. */
export function whyNoLab(...tools: string[]): string | false {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "network namespaces need root on Linux";
    const missing = ["ip", "nft", ...tools].filter((tool) => spawnSync("which", [tool]).status !== 0);
    if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
    const name = `toque-probe-${process.pid}`;
    if (spawnSync("ip", ["netns", "add", name]).status !== 0) return "network namespaces may not be made here";
    spawnSync("ip", ["netns", "del", name]);
    return false;
}

/** Two network namespaces of its own with a cable between them: a gateway in one, a device in the other. */
export class Lab {
    readonly folder = mkdtempSync(join(tmpdir(), "toque-lab-"));
    readonly #name = `toque-${process.pid}-${Math.floor(performance.now())}`;
    readonly #children = new Set<ChildProcess>();
    #address = "10.77.0.50";

    constructor() {
        const [gateway, device] = [this.gatewaySpace, this.deviceSpace];
        this.#ip("netns", "add", gateway);
        this.#ip("netns", "add", device);
        this.#ip("link", "add", "vg", "netns", gateway, "type", "veth", "peer", "name", "vd", "netns", device);
        for (const space of [gateway, device]) this.#ip("-n", space, "link", "set", "lo", "up");
        this.#ip("-n", gateway, "addr", "add", `${GATEWAY}/24`, "dev", "vg");
        this.#ip("-n", gateway, "link", "set", "vg", "up");
        this.#ip("-n", device, "link", "set", "vd", "up");
        this.setAddress(this.#address);
    }

    get gatewaySpace(): string {
        return `${this.#name}-g`;
    }

    get deviceSpace(): string {
        return `${this.#name}-d`;
    }

    #ip(...words: string[]): void {
        this.#run("ip", words);
    }

    #run(command: string, words: string[], input?: string): string {
        const { status, stdout, stderr } = spawnSync(command, words, { input, encoding: "utf8" });
        if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr}`);
        return stdout;
    }

    /** Gives the device's interface another address; nobody closes what is open. */
    setAddress(address: string): void {
        this.#address = address;
        this.#ip("-n", this.deviceSpace, "addr", "flush", "dev", "vd");
        this.#ip("-n", this.deviceSpace, "addr", "add", `${address}/24`, "dev", "vd");
    }

    link(state: "up" | "down"): void {
        this.#ip("-n", this.deviceSpace, "link", "set", "vd", state);
        if (state === "up") this.setAddress(this.#address);
    }

    /** What the device's side of the cable drops, in per cent of the packets. 100: a black hole that nobody closes. */
    loss(inPercent: number, outPercent: number): void {
        const rule = (percent: number): string =>
            percent >= 100
                ? "counter drop"
                : percent > 0
                  ? `numgen random mod 100 < ${percent} counter drop`
                  : "counter accept";
        const table = `table inet lab
delete table inet lab
table inet lab {
    chain in { type filter hook input priority 0; iifname "vd" ${rule(inPercent)}; }
    chain out { type filter hook output priority 0; oifname "vd" ${rule(outPercent)}; }
}`;
        this.#run("ip", ["netns", "exec", this.deviceSpace, "nft", "-f", "-"], table);
    }

    /** A link of so many kilobits a second. 0: as wide as it is. */
    narrow(kilobits: number): void {
        const device = ["-n", this.deviceSpace, "qdisc"];
        spawnSync("tc", [...device, "del", "dev", "vd", "root"]);
        if (kilobits === 0) return;
        const shape = ["tbf", "rate", `${kilobits}kbit`, "burst", "2kb", "latency", "400ms"];
        this.#run("tc", [...device, "add", "dev", "vd", "root", ...shape]);
    }

    /** Starts a process in a namespace; it ends with the lab. */
    start(space: string, command: string, words: string[]): ChildProcess {
        const child = spawn("ip", ["netns", "exec", space, command, ...words], {
            cwd: ROOT,
            stdio: ["pipe", "pipe", "pipe"],
        });
        this.#children.add(child);
        child.on("close", () => this.#children.delete(child));
        child.stderr?.resume();
        return child;
    }

    /** Runs a command in a namespace to its end. */
    run(space: string, command: string, words: string[], input?: string): string {
        return this.#run("ip", ["netns", "exec", space, command, ...words], input);
    }

    /** Ends all that runs in it, by pid, and takes it down. */
    async close(): Promise<void> {
        for (const child of [...this.#children]) {
            child.kill("SIGKILL"); // `ip netns exec` becomes the command: the pid is its own
            await once(child, "close").catch(() => undefined);
        }
        for (const space of [this.deviceSpace, this.gatewaySpace]) spawnSync("ip", ["netns", "del", space]);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** `toque serve` in the lab, asked from inside its namespace. */
export class LabGateway {
    readonly #lab: Lab;
    readonly mqttPort: number;
    readonly url: string;
    readonly token: string;
    /** what it has logged so far */
    log = "";

    private constructor(lab: Lab, started: { mqttPort: number; url: string; adminTokenFile: string }) {
        this.#lab = lab;
        this.mqttPort = started.mqttPort;
        this.url = started.url;
        this.token = lab.run(lab.gatewaySpace, "cat", [started.adminTokenFile]).trim();
    }

    static async start(lab: Lab, ...words: string[]): Promise<LabGateway> {
        const serve = ["bin/toque.mjs", "serve", "--json", "--host", GATEWAY, "--data", join(lab.folder, "data")];
        const child = lab.start(lab.gatewaySpace, process.execPath, [...serve, ...words]);
        const lines = createInterface({ input: child.stdout! });
        const line = await Promise.race([
            once(lines, "line").then(([text]) => text as string),
            once(child, "close").then(() => Promise.reject(new Error("The gateway did not start."))),
        ]);
        const gateway = new LabGateway(
            lab,
            JSON.parse(line) as { mqttPort: number; url: string; adminTokenFile: string },
        );
        child.stderr!.on("data", (text: Buffer) => (gateway.log += text.toString()));
        return gateway;
    }

    /** Asks over HTTP; in the namespace, because nobody else can reach it. */
    ask<T>(method: string, path: string, body?: object): T {
        const program = `fetch(process.argv[1], { method: process.argv[2], headers: { Authorization: "Bearer " + process.argv[3],
            "Content-Type": "application/json" }, body: process.argv[4] }).then(async (a) => console.log(await a.text()))`;
        const words = ["-e", program, this.url + path, method, this.token];
        if (body !== undefined) words.push(JSON.stringify(body));
        return JSON.parse(this.#lab.run(this.#lab.gatewaySpace, process.execPath, words)) as T;
    }
}

/** A publisher process in the gateway's namespace: one number, a steady stream of numbered messages. */
export class LabPublisher {
    readonly #child: ChildProcess;
    /** bodies that were answered with 202 */
    readonly accepted: string[] = [];

    constructor(lab: Lab, url: string, token: string, to: string, everyMs: number) {
        const program = `const [url, token, to, everyMs] = process.argv.slice(1); let n = 0;
            setInterval(async () => { const body = "m" + ++n; try { const a = await fetch(url + "/v1/messages", { method: "POST",
            headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" }, body: JSON.stringify({ to, body }) });
            await a.text(); if (a.status === 202) console.log(body); } catch {} }, Number(everyMs)); process.stdin.on("end", () => process.exit()).resume();`;
        this.#child = lab.start(lab.gatewaySpace, process.execPath, ["-e", program, url, token, to, `${everyMs}`]);
        createInterface({ input: this.#child.stdout! }).on("line", (line) => this.accepted.push(line));
    }

    /** No more messages. */
    async stop(): Promise<void> {
        this.#child.stdin?.end();
        await once(this.#child, "close");
    }
}

/** A device in the lab. */
export class LabDevice {
    readonly heard: Heard[] = [];
    readonly #listeners = new Set<() => void>();

    constructor(lab: Lab, gateway: LabGateway, registration: { route: string; secret: string }, keepAliveS = 60) {
        const { route, secret } = registration;
        const words = ["vd", GATEWAY, `${gateway.mqttPort}`, route, secret, `${keepAliveS}`];
        const child = lab.start(lab.deviceSpace, process.execPath, [
            "--import",
            "tsx",
            "test/network/device.ts",
            ...words,
        ]);
        createInterface({ input: child.stdout! }).on("line", (line) => {
            this.heard.push({ ...(JSON.parse(line) as Heard), atMs: performance.now() });
            for (const listener of this.#listeners) listener();
        });
    }

    /** Bodies in the order in which they were shown. */
    get shown(): string[] {
        return this.heard.flatMap(({ body }) => (body === undefined ? [] : [body]));
    }

    /** Resolves with what was heard first, from `since` on, that fits. */
    until(is: (heard: Heard) => boolean, since: number, withinMs = LONGEST_MS): Promise<Heard> {
        return new Promise((resolve, reject) => {
            const look = (): void => {
                const found = this.heard.slice(since).find(is);
                if (found === undefined) return;
                settle();
                resolve(found);
            };
            const settle = (): void => {
                clearTimeout(timer);
                this.#listeners.delete(look);
            };
            const timer = setTimeout(() => {
                settle();
                reject(new Error(`Not heard within ${withinMs} ms: ${JSON.stringify(this.heard.slice(-8))}`));
            }, withinMs);
            this.#listeners.add(look);
            look();
        });
    }
}
