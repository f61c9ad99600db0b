import { Agent, request } from "node:http";
import mqtt from "mqtt";
import { memoryFlash } from "../../device/host/flash.ts";
import { directNetwork } from "../../device/host/network.ts";
import { type HostDevice, startHostDevice } from "../../device/host/start.ts";
import { type Bench, cpuUs } from "./server.ts";

const BODY = "x".repeat(64);

export interface Load {
    by: "MQTT" | "HTTP";
    receivers: number;
    /** connections that publish, each to one receiver */
    publishers: number;
    /** messages that each has under way */
    inflight: number;
    messages: number;
}

/** Milliseconds, sorted. */
export type Times = number[];

export interface Figures {
    perSecond: number;
    /** CPU of the server for each message */
    cpuUsEach: number;
    /** from the call until PUBACK or 202, and until the receiver has it */
    acceptedMs: Times;
    deliveredMs: Times;
}

export function at(times: Times, part: number): number {
    return times[Math.floor((times.length - 1) * part)]!;
}

export async function ask<T>({ http }: Bench, path: string, body: object): Promise<T> {
    const headers = { Authorization: `Bearer ${http!.token}`, "Content-Type": "application/json" };
    const answer = await fetch(http!.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as T;
}

/** How a message is published, and how to end that. Resolves at PUBACK or 202. */
interface Publisher {
    publish(receiver: number, body: string): Promise<unknown>;
    end(): Promise<void>;
}

function topicOf(bench: Bench, receiver: number): string {
    return bench.http === undefined ? `bench/${receiver}` : `to/${numberOf(receiver).slice(1)}`;
}

function numberOf(receiver: number): string {
    return `+34600${String(100_000 + receiver)}`;
}

/** A receiver calls back with each body. Toque's is the device on Node; Mosquitto's a plain client. */
async function receive(bench: Bench, receiver: number, got: (body: string) => void): Promise<() => Promise<void>> {
    if (bench.http === undefined) {
        const client = await mqtt.connectAsync({ host: "127.0.0.1", port: bench.port, reconnectPeriod: 0 });
        client.on("message", (_topic, payload) => got(payload.toString()));
        await client.subscribeAsync(topicOf(bench, receiver), { qos: 1 });
        return () => client.endAsync(true);
    }
    const number = numberOf(receiver);
    const { route, secret } = await ask<{ route: string; secret: string }>(bench, "/v1/numbers", { number });
    const device = await startDevice(bench, route, secret, got);
    return async () => device.stop();
}

export function startDevice(
    bench: Bench,
    route: string,
    secret: string,
    got: (body: string) => void,
): Promise<HostDevice> {
    const flash = memoryFlash();
    flash.save("config", JSON.stringify({ host: "127.0.0.1", port: bench.port }));
    flash.save("credentials", JSON.stringify({ route, secret }));
    return new Promise((resolve) => {
        const device: HostDevice = startHostDevice({
            flash,
            network: directNetwork(),
            chip: "bench",
            handle: ({ body }) => got(body),
            show: (state) => state === "online" && resolve(device),
        });
        device.linkUp("127.0.0.1");
    });
}

async function publishByMqtt(bench: Bench): Promise<Publisher> {
    const login = bench.http === undefined ? {} : { username: "token", password: bench.http.token };
    const client = await mqtt.connectAsync({ host: "127.0.0.1", port: bench.port, reconnectPeriod: 0, ...login });
    return {
        publish: (receiver, body) => client.publishAsync(topicOf(bench, receiver), body, { qos: 1 }),
        end: () => client.endAsync(true),
    };
}

function publishByHttp({ http }: Bench, inflight: number): Publisher {
    const agent = new Agent({ keepAlive: true, maxSockets: inflight });
    const { hostname, port } = new URL(http!.url);
    const headers = { Authorization: `Bearer ${http!.token}`, "Content-Type": "application/json" };
    return {
        publish: (receiver, body) =>
            new Promise<void>((resolve, reject) => {
                const options = { agent, hostname, port, method: "POST", path: "/v1/messages", headers };
                const sent = request(options, (answer) => {
                    answer.resume();
                    answer.on("end", () => (answer.statusCode === 202 ? resolve() : reject(new Error("not accepted"))));
                });
                sent.on("error", reject);
                sent.end(JSON.stringify({ to: numberOf(receiver), body }));
            }),
        end: async () => agent.destroy(),
    };
}

/** Publishes with so many under way, each the next one when the one before has arrived: who is faster fills a backlog, and measures how it overflows. */
export async function run(bench: Bench, load: Load): Promise<Figures> {
    const acceptedMs: Times = [];
    const deliveredMs: Times = [];
    const arrived = new Map<string, () => void>();
    const got = (body: string): void => arrived.get(body.slice(0, body.indexOf(" ")))?.();
    const stops = await Promise.all(Array.from({ length: load.receivers }, (_, index) => receive(bench, index, got)));
    const publishers = await Promise.all(
        Array.from({ length: load.publishers }, async () =>
            load.by === "HTTP" ? publishByHttp(bench, load.inflight) : publishByMqtt(bench),
        ),
    );
    let next = 0;
    const stream = async (publisher: Publisher, receiver: number): Promise<void> => {
        while (next < load.messages) {
            const id = String(next++);
            const startMs = performance.now();
            const shown = new Promise<void>((resolve) => arrived.set(id, resolve)).then(
                () => void deliveredMs.push(performance.now() - startMs),
            );
            await publisher.publish(receiver, `${id} ${BODY}`);
            acceptedMs.push(performance.now() - startMs);
            await shown;
            arrived.delete(id);
        }
    };
    const cpuBefore = cpuUs(bench.pid);
    const startMs = performance.now();
    await Promise.all(
        publishers.flatMap((publisher, index) =>
            Array.from({ length: load.inflight }, () => stream(publisher, index % load.receivers)),
        ),
    );
    const seconds = (performance.now() - startMs) / 1000;
    const cpuUsEach = (cpuUs(bench.pid) - cpuBefore) / load.messages;
    await Promise.all(publishers.map((publisher) => publisher.end()));
    await Promise.all(stops.map((stop) => stop()));
    for (const times of [acceptedMs, deliveredMs]) times.sort((a, b) => a - b);
    return { perSecond: load.messages / seconds, cpuUsEach, acceptedMs, deliveredMs };
}
