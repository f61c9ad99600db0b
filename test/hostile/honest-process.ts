// Honest clients in a process of their own, so that what they measure is the gateway's slowness and not the attacker's; run by honest.ts.
import { connect, packet, PINGREQ, puback, publishIn, subscribe } from "../gateway/aedes/packets.ts";
import { WireClient } from "./wire-client.ts";
import type { Enrolled } from "../support/gateway-client.ts";

/** What honest clients lived through. A push or a ping without an answer counts as long as it waited. */
export interface Experience {
    pingsMs: number[];
    /** from the SYN to CONNACK and SUBACK of a client that was not connected */
    freshMs: number[];
    /** from the HTTP request to the PUBLISH */
    pushesMs: number[];
    failed: string[];
}

interface Task {
    port: number;
    url: string;
    token: string;
    from: string;
    /** the first stays connected, the others are fresh clients, one after the other */
    devices: Enrolled[];
}

const PING_EVERY_MS = 25;
const FRESH_EVERY_MS = 100;
const PUSH_EVERY_MS = 200;
/** What takes longer is over. */
const GIVE_UP_MS = 10_000;

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const nothing = (): Experience => ({ pingsMs: [], freshMs: [], pushesMs: [], failed: [] });
let experience = nothing();
let running = true;
let fresh = 0;

function connectOctets({ route, secret }: Enrolled): Buffer {
    return Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]);
}

async function serveFresh(): Promise<void> {
    const device = task.devices[1 + (fresh++ % (task.devices.length - 1))]!;
    const startMs = performance.now();
    const client = new WireClient(task.port, task.from);
    client.write(connectOctets(device));
    const connack = await client.next(GIVE_UP_MS);
    const suback = await client.next(GIVE_UP_MS);
    if (connack?.toString("hex") !== "20020000" || suback?.[0] !== 0x90) {
        experience.failed.push(
            `a fresh client got ${connack?.toString("hex")} after ${performance.now() - startMs} ms`,
        );
    }
    experience.freshMs.push(performance.now() - startMs);
    client.socket.end(packet(0xe0));
}

/** One that stays: it pings, and gets pushes. */
async function stay(): Promise<void> {
    const device = task.devices[0]!;
    const client = new WireClient(task.port, task.from);
    client.write(connectOctets(device));
    await client.next();
    await client.next();
    const pings: number[] = [];
    const pushes = new Map<string, number>();
    client.onPacket = (octets) => {
        if (octets[0] === 0xd0) experience.pingsMs.push(performance.now() - pings.shift()!);
        const came = publishIn(octets);
        if (came === undefined) return;
        const body = /"b":"(\d+)"/.exec(came.payload.toString())?.[1] ?? "";
        if (came.packetId > 0) client.write(puback(came.packetId));
        const sinceMs = pushes.get(body);
        if (sinceMs !== undefined) experience.pushesMs.push(performance.now() - sinceMs);
        pushes.delete(body);
    };
    client.socket.on("close", () => {
        if (running) experience.failed.push("the connection that stays was closed");
    });
    const ping = setInterval(() => {
        pings.push(performance.now());
        client.write(PINGREQ);
    }, PING_EVERY_MS);
    let sent = 0;
    const push = setInterval(() => {
        const body = `${++sent}`;
        pushes.set(body, performance.now());
        void fetch(`${task.url}/v1/messages`, {
            method: "POST",
            headers: { Authorization: `Bearer ${task.token}`, "Content-Type": "application/json" },
            body: JSON.stringify({ to: device.number, body }),
        }).then(
            async (answer) => {
                await answer.arrayBuffer();
                if (answer.status !== 202) experience.failed.push(`a push was answered ${answer.status}`);
            },
            (error: unknown) => experience.failed.push(`a push was not answered: ${String(error)}`),
        );
    }, PUSH_EVERY_MS);
    process.on("message", (asked) => {
        if (asked === "attack") {
            process.send?.({ calm: experience });
            experience = nothing();
            return;
        }
        clearInterval(ping);
        clearInterval(push);
        clearInterval(freshTimer);
        setTimeout(() => {
            const nowMs = performance.now();
            for (const sinceMs of pings) experience.pingsMs.push(nowMs - sinceMs);
            for (const sinceMs of pushes.values()) experience.pushesMs.push(nowMs - sinceMs);
            running = false;
            client.destroy();
            process.send?.({ experience }, () => process.exit(0));
        }, 500);
    });
}

process.on("disconnect", () => process.exit(0));
const freshTimer = setInterval(() => void serveFresh(), FRESH_EVERY_MS);
await stay();
process.send?.({ ready: true });
