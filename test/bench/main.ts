/**
 * `npm run bench`: what a push costs, beside Mosquitto on the same machine in the same run. Ratios mean something; absolute times are
 * this machine's, now. Toque's pushes are on the disk before they are acknowledged; Mosquitto's are in memory, and saved now and then.
 */
import mqtt from "mqtt";
import { ask, at, run, startDevice, type Figures, type Load } from "./load.ts";
import { type Bench, findMosquitto, rssOctets, startMosquitto, startToque } from "./server.ts";

/** One connection's messages are accepted one after the other, in their order: so several publish at once. */
const ONE: Load = { by: "MQTT", receivers: 1, publishers: 16, inflight: 4, messages: 5_000 };
const MANY: Load = { ...ONE, receivers: 16 };
const CONNECTIONS = 500;

interface Row extends Figures {
    server: string;
    load: Load;
}

interface Memory {
    server: string;
    atRest: number;
    eachConnection: number;
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

/** Each load runs once for the server to warm up and once for the figures. */
async function measure(start: () => Promise<Bench>, loads: Load[]): Promise<Row[]> {
    const bench = await start();
    const rows: Row[] = [];
    try {
        for (const load of loads) {
            await run(bench, load);
            rows.push({ server: bench.name, load, ...(await run(bench, load)) });
        }
    } finally {
        await bench.stop();
    }
    return rows;
}

/** On a fresh server: what messages left behind in memory would spoil the count. */
async function weigh(start: () => Promise<Bench>): Promise<Memory> {
    const bench = await start();
    const atRest = rssOctets(bench.pid);
    const eachConnection = await connectMany(bench).finally(() => bench.stop());
    return { server: bench.name, atRest, eachConnection };
}

const rows = await measure(startToque, [ONE, MANY, { ...ONE, by: "HTTP" }]);
const memory = [await weigh(startToque)];
const mosquitto = findMosquitto();
if (mosquitto === undefined) console.log("skipped: mosquitto is not installed, so there is nothing to compare with\n");
else {
    rows.push(...(await measure(() => startMosquitto(mosquitto), [ONE, MANY])));
    memory.push(await weigh(() => startMosquitto(mosquitto)));
}

console.log(
    `${ONE.messages} messages at QoS 1 or by HTTP, from ${ONE.publishers} publishers with ${ONE.inflight} under way each; then ${CONNECTIONS} idle connections\n`,
);
console.table(
    Object.fromEntries(
        rows.map(({ server, load, perSecond, cpuUsEach, acceptedMs, deliveredMs }) => [
            `${server}, ${load.by}, receivers: ${load.receivers}`,
            {
                "messages/s": Math.round(perSecond),
                "server CPU, µs each": Math.round(cpuUsEach),
                "accepted p50 ms": Number(at(acceptedMs, 0.5).toFixed(1)),
                "accepted p99 ms": Number(at(acceptedMs, 0.99).toFixed(1)),
                "delivered p50 ms": Number(at(deliveredMs, 0.5).toFixed(1)),
                "delivered p99 ms": Number(at(deliveredMs, 0.99).toFixed(1)),
            },
        ]),
    ),
);
for (const { server, atRest, eachConnection } of memory) {
    const [rest, each] = [atRest / 1024 / 1024, eachConnection / 1024];
    console.log(`${server}: ${rest.toFixed(0)} MB at rest, ${each.toFixed(1)} KB a connection`);
}
for (const ours of rows.filter(({ server }) => server === "toque")) {
    const theirs = rows.find(({ server, load }) => server !== "toque" && load.receivers === ours.load.receivers);
    if (theirs === undefined) continue;
    const ratio = (of: (row: Row) => number): string => (of(ours) / of(theirs)).toFixed(2);
    console.log(
        `toque by ${ours.load.by} / mosquitto, receivers: ${ours.load.receivers}: ${ratio((row) => row.perSecond)} of the messages a second, ` +
            `${ratio((row) => row.cpuUsEach)} of the CPU for each`,
    );
}
