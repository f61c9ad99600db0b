import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flags } from "../../gateway/config.ts";
import { type Enrolled, GatewayClient } from "../support/gateway-client.ts";
import { forEachInLanes } from "../support/lanes.ts";
import type { Measured } from "./victim-process.ts";

interface Started {
    mqttPort: number;
    httpPort: number;
    url: string;
}

/** A gateway in a process of its own, with the default limits unless flags set others, on free ports of the loopback. */
export class Victim extends GatewayClient {
    readonly #data = mkdtempSync(join(tmpdir(), "toque-hostile-"));
    #child: ChildProcess | undefined;
    #started: Started = { mqttPort: 0, httpPort: 0, url: "" };
    #registered = 0;
    /** how the last process ended by itself */
    crashed: string | undefined;

    get port(): number {
        return this.#started.mqttPort;
    }
    get httpPort(): number {
        return this.#started.httpPort;
    }

    private constructor(readonly flags: Flags) {
        super();
    }

    static async start(flags: Flags = {}): Promise<Victim> {
        const victim = new Victim(flags);
        await victim.#start();
        return victim;
    }

    async #start(): Promise<void> {
        const { mqttPort, httpPort } = this.#started;
        const script = new URL("victim-process.ts", import.meta.url);
        const child = fork(script, [this.#data, `${mqttPort}`, `${httpPort}`, JSON.stringify(this.flags)], {
            execArgv: ["--expose-gc", "--max-semi-space-size=8", "--import", "tsx"], // the size: as README.md starts it
        });
        this.#child = child;
        child.on("exit", (code, signal) => {
            if (this.#child === child) this.crashed = `ended with ${code ?? signal}`;
        });
        this.#started = (await this.#answer("started")) as Started;
        this.url = this.#started.url;
        this.token = readFileSync(join(this.#data, "admin-token"), "utf8").trim();
    }

    #answer(name: string): Promise<unknown> {
        const child = this.#child!;
        return new Promise((resolve, reject) => {
            const ended = () => reject(new Error("The gateway under attack ended."));
            const listen = (message: Record<string, unknown>) => {
                if (!(name in message)) return;
                child.off("message", listen).off("exit", ended);
                resolve(message[name]);
            };
            child.on("message", listen).on("exit", ended);
        });
    }

    async measure(): Promise<Measured> {
        const measured = this.#answer("measured");
        this.#child!.send("measure");
        return (await measured) as Measured;
    }

    /** Registers so many numbers that nobody had. */
    async registerMany(numbers: number): Promise<Enrolled[]> {
        const registered: Enrolled[] = [];
        const wanted = Array.from({ length: numbers }, () => `+3460${String(++this.#registered).padStart(7, "0")}`);
        await forEachInLanes(wanted, 50, async (number) => {
            registered.push(await this.register(number));
        });
        return registered;
    }

    async #end(signal: NodeJS.Signals | "disconnect"): Promise<void> {
        const child = this.#child;
        this.#child = undefined;
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        if (signal === "disconnect") child.disconnect();
        else child.kill(signal);
        const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
        await ended;
        clearTimeout(late);
    }

    /** On the same folder and ports. @param downMs how long nobody listens @param signal what ends it; by default it closes in order */
    async restart(downMs = 0, signal: NodeJS.Signals | "disconnect" = "disconnect"): Promise<void> {
        await this.#end(signal);
        await new Promise((resolve) => setTimeout(resolve, downMs));
        await this.#start();
    }

    async stop(): Promise<void> {
        await this.#end("disconnect");
        rmSync(this.#data, { recursive: true, force: true });
    }
}

/** A gateway for the time of the work. */
export async function underAttack(work: (victim: Victim) => Promise<void>, flags?: Flags): Promise<void> {
    const victim = await Victim.start(flags);
    try {
        await work(victim);
    } finally {
        await victim.stop();
    }
}
