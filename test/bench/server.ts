import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveToque } from "../support/toque.ts";

/** A server under measurement, in a process of its own. */
export interface Bench {
    name: string;
    port: number;
    pid: number;
    /** Toque's HTTP and admin token */
    http?: { url: string; token: string };
    stop(): Promise<void>;
}

/** CPU time that a process has used, in microseconds; 0 where there is no /proc. */
export function cpuUs(pid: number): number {
    try {
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
        return (Number(fields[11]) + Number(fields[12])) * 10_000; // clock ticks of 10 ms
    } catch {
        return 0;
    }
}

/** Resident memory of a process, in octets. */
export function rssOctets(pid: number): number {
    try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
        return 0;
    }
}

export async function startToque(): Promise<Bench> {
    const served = await serveToque(["--log-level", "error"]);
    const token = readFileSync(served.adminTokenFile, "utf8").trim();
    return {
        name: "toque",
        port: served.mqttPort,
        pid: served.child.pid!,
        http: { url: served.url, token },
        stop: async () => {
            await served.stop();
            rmSync(served.data, { recursive: true, force: true });
        },
    };
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}

async function untilOpen(port: number): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
        const socket = connect(port, "127.0.0.1");
        const open = await new Promise<boolean>((resolve) => {
            socket.once("connect", () => resolve(true));
            socket.once("error", () => resolve(false));
        });
        socket.destroy();
        if (open) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Nothing listens on port ${port}.`);
}

/** Undefined: it is not installed. */
export function findMosquitto(): string | undefined {
    return ["mosquitto", "/usr/sbin/mosquitto"].find((path) => spawnSync(path, ["-h"]).error === undefined);
}

/** Mosquitto with its own persistence. */
export async function startMosquitto(command: string): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), "toque-bench-"));
    const port = await freePort();
    const config = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence true", "max_queued_messages 0"];
    writeFileSync(join(folder, "conf"), [...config, `persistence_location ${folder}/`, "user root", ""].join("\n"));
    const child: ChildProcess = spawn(command, ["-c", join(folder, "conf")], { stdio: "ignore" });
    await untilOpen(port);
    return {
        name: "mosquitto",
        port,
        pid: child.pid!,
        stop: async () => {
            child.kill("SIGTERM");
            await once(child, "close");
            rmSync(folder, { recursive: true, force: true });
        },
    };
}
