/**
 * `npm run bench`: what a push costs, beside Mosquitto on the same machine in the same run. Ratios mean something; absolute times are
 * this machine's, now. Toque's pushes are on the disk before they are acknowledged; Mosquitto's are in memory, and saved now and then.
 */
import mqtt from "mqtt";
import { memoryFlash } from "../../device/host/flash.ts";
import { directNetwork } from "../../device/host/network.ts";
import { type HostDevice, startHostDevice } from "../../device/host/start.ts";
import { type Bench, cpuUs, findMosquitto, rssOctets, startMosquitto, startToque } from "./server.ts";

const MESSAGES = 5_000;
/** One connection's messages are accepted one after the other, in their order: so several publish at once. */
const PUBLISHERS = 16;
const INFLIGHT = 4;
const CONNECTIONS = 500;
const NUMBER = "+34600111222";
const BODY = "x".repeat(64);

interface Figures {
    server: string;
    perSecond: number;
    cpuUsEach: number;
    p50Ms: number;
    p99Ms: number;
    octetsPerConnection: number;
}

async function ask<T>({ http }: Bench, path: string, body: object): Promise<T> {
    const headers = { Authorization: `Bearer ${http!.token}`, "Content-Type": "application/json" };
    const answer = await fetch(http!.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as T;
}

/** A receiver: calls back with each body. Toque's is the device on Node; Mosquitto's a plain client. */
async function receive(bench: Bench, got: (body: string) => void): Promise<() => Promise<void>> {
    if (bench.http === undefined) {
        const client = await mqtt.connectAsync({ host: "127.0.0.1", port: bench.port, reconnectPeriod: 0 });
        client.on("message", (_topic, payload) => got(payload.toString()));
        await client.subscribeAsync("to/bench", { qos: 1 });
        return () => client.endAsync(true);
    }
    const { route, secret } = await ask<{ route: string; secret: string }>(bench, "/v1/numbers", { number: NUMBER });
    const device = await startDevice(bench, route, secret, got);
    return async () => device.stop();
}

function startDevice(bench: Bench, route: string, secret: string, got: (body: string) => void): Promise<HostDevice> {
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

/** Publishes at QoS 1 with so many under way, and waits until the last one has arrived. */
async function pushAll(bench: Bench): Promise<Pick<Figures, "perSecond" | "cpuUsEach" | "p50Ms" | "p99Ms">> {
    const sentMs = new Map<string, number>();
    const tookMs: number[] = [];
    const arrived = new Map<string, () => void>();
    let done = (): void => undefined;
    const all = new Promise<void>((resolve) => (done = resolve));
    const stop = await receive(bench, (body) => {
        const id = body.slice(0, body.indexOf(" "));
        tookMs.push(performance.now() - sentMs.get(id)!);
        arrived.get(id)?.();
        if (tookMs.length === MESSAGES) done();
    });
    const login = bench.http === undefined ? {} : { username: "token", password: bench.http.token };
    const options = { host: "127.0.0.1", port: bench.port, reconnectPeriod: 0, ...login };
    // each with options of its own: the client writes its id into them
    const publishers = await Promise.all(Array.from({ length: PUBLISHERS }, () => mqtt.connectAsync({ ...options })));
    const topic = bench.http === undefined ? "to/bench" : `to/${NUMBER.slice(1)}`;
    let next = 0;
    const cpuBefore = cpuUs(bench.pid);
    const startMs = performance.now();
    const publish = async (publisher: mqtt.MqttClient): Promise<void> => {
        while (next < MESSAGES) {
            const id = String(next++);
            sentMs.set(id, performance.now());
            // the next one when this one has arrived: who is faster than that fills a backlog, and measures how it overflows
            const shown = new Promise<void>((resolve) => arrived.set(id, resolve));
            await publisher.publishAsync(topic, `${id} ${BODY}`, { qos: 1 });
            await shown;
            arrived.delete(id);
        }
    };
    const streams = publishers.flatMap((publisher) => Array.from({ length: INFLIGHT }, () => publish(publisher)));
    await Promise.all(streams);
    await all;
    const seconds = (performance.now() - startMs) / 1000;
    const cpuUsEach = (cpuUs(bench.pid) - cpuBefore) / MESSAGES;
    await Promise.all(publishers.map((publisher) => publisher.endAsync(true)));
    await stop();
    tookMs.sort((a, b) => a - b);
    const at = (part: number): number => tookMs[Math.floor((MESSAGES - 1) * part)]!;
    return { perSecond: MESSAGES / seconds, cpuUsEach, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** What an idle connection costs. */
async function connectMany(bench: Bench): Promise<number> {
    const before = rssOctets(bench.pid);
    const open = async (index: number): Promise<() => unknown> => {
        if (bench.http === undefined) {
            const client = await mqtt.connectAsync({ host: "127.0.0.1", port: bench.port, reconnectPeriod: 0 });
            await client.subscribeAsync(`to/${index}`, { qos: 1 });
            return () => client.end(true);
        }
        const number = `+888${200_000_000 + index}`;
        const { route, secret } = await ask<{ route: string; secret: string }>(bench, "/v1/numbers", { number });
        const device = await startDevice(bench, route, secret, () => undefined);
        return () => device.stop();
    };
    const ends = await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => open(index)));
    const octets = (rssOctets(bench.pid) - before) / CONNECTIONS;
    for (const end of ends) end();
    return octets;
}

/** Two servers of a kind, one after the other: what messages left behind in memory would spoil the count of connections. */
async function measure(start: () => Promise<Bench>): Promise<Figures> {
    const bench = await start();
    await pushAll(bench); // warm
    const figures = await pushAll(bench).finally(() => bench.stop());
    const fresh = await start();
    const octetsPerConnection = await connectMany(fresh).finally(() => fresh.stop());
    return { server: bench.name, ...figures, octetsPerConnection };
}

const rows = [await measure(startToque)];
const mosquitto = findMosquitto();
if (mosquitto === undefined) console.log("skipped: mosquitto is not installed, so there is nothing to compare with\n");
else rows.push(await measure(() => startMosquitto(mosquitto)));

console.log(
    `${MESSAGES} messages at QoS 1 from ${PUBLISHERS} publishers with ${INFLIGHT} under way each, one receiver; then ${CONNECTIONS} idle connections\n`,
);
console.table(
    Object.fromEntries(
        rows.map(({ server, ...figures }) => [
            server,
            {
                "messages/s": Math.round(figures.perSecond),
                "server CPU, µs each": Math.round(figures.cpuUsEach),
                "p50 ms": Number(figures.p50Ms.toFixed(1)),
                "p99 ms": Number(figures.p99Ms.toFixed(1)),
                "KB a connection": Number((figures.octetsPerConnection / 1024).toFixed(1)),
            },
        ]),
    ),
);
const [ours, theirs] = rows;
if (ours !== undefined && theirs !== undefined) {
    const ratio = (of: (figures: Figures) => number): string => (of(ours) / of(theirs)).toFixed(2);
    console.log(
        `toque / mosquitto: ${ratio((row) => row.perSecond)} of the messages a second, ${ratio((row) => row.cpuUsEach)} of the CPU for each, ` +
            `${ratio((row) => row.octetsPerConnection)} of the memory of a connection`,
    );
}
