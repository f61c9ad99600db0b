import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import type { Direction, Fault } from "../support/fault-proxy.ts";
import { chooseSeed, seeded, type Seeded } from "../support/seeded.ts";
import { type Board, closeBoards, settle, startBoard } from "./boards.ts";
import { pause } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { genuine } from "./genuine.ts";
import { Ledger } from "./ledger.ts";
import { LONG } from "./lengths.ts";
import { MqttPublisher, publishByHttp } from "./publishers.ts";

// Every connection of boards and publishers is cut at a random octet, in either direction, by FIN or by RST; some are slow, some pass one
// octet at a time. Afterwards nothing that was acknowledged is lost, and nothing was shown twice.

/** Connections of boards to be cut. */
const CUTS = 300 * LONG;
const GENUINE = genuine();
const RUNTIMES: Runtime[] = [
    "lua",
    "lua",
    ...Array.from({ length: 30 * LONG - 2 }, (_, index): Runtime => (index % 3 === 0 ? "host" : "espruino-sim")),
];
const LANES = 8;
/** Between two messages of a lane. */
const FLOW_MS = 40;
const HURRY_MS = 500;
/** Connections of one board, all of them short, that the gateway takes in a minute is 15; it may have so many. */
const DIALS = 13;
const DEADLINE_MS = 120_000 * LONG;

const random = seeded(chooseSeed());
const boards: Board[] = [];
const ledger = new Ledger();
let gateway: GatewayProcess | undefined;

after(async () => {
    await closeBoards(boards);
    await gateway?.close();
});

/**
 * Where a connection ends. A board says some 240 octets until it is registered and 4 for each push after that; to it, CONNACK to hello
 * are some 70, and each push 60 to 100.
 */
function chooseFault(from: Seeded): Fault {
    const direction = from.pick<Direction>(["up", "down"]);
    const span = from.pick(direction === "up" ? [250, 290] : [80, 400, 1_500]);
    const cut = { direction, octets: from.below(span), how: from.pick(["fin", "rst"] as const) };
    if (from.percent(15)) return { cut, pieceOctets: 1 };
    if (from.percent(15)) return { cut, pieceOctets: 1 + from.below(100), delayMs: () => from.below(8) };
    return { cut };
}

async function publishUntil(end: AbortSignal, to: GatewayProcess, lane: number): Promise<void> {
    const mqtt = lane % 4 === 0 ? new MqttPublisher(to, ledger) : undefined;
    for (let index = 0; !end.aborted; index++) {
        const message = { to: random.pick(boards).number, body: `${lane}-${index} · 你好` };
        if (mqtt === undefined) await publishByHttp(to, ledger, message, end);
        else await mqtt.publish(message, end);
        await pause(random.below(2 * FLOW_MS));
    }
    mqtt?.close();
}

/** Boards that wait for their backoff find another address now and then, so that there are connections to cut. */
async function hurry(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
        await pause(HURRY_MS);
        for (const board of boards) {
            const dials = board.device.states.filter(({ state }) => state === "dialing").length;
            const waits = board.device.states.at(-1)?.state === "waiting";
            if (waits && dials < DIALS && random.percent(40)) await board.move();
        }
    }
}

test(`${CUTS} connections cut at a random octet: none lost, none shown twice`, async (t) => {
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    const running = (gateway = await GatewayProcess.start());
    for (const [index, runtime] of RUNTIMES.entries()) {
        boards.push(await startBoard(running, runtime, index, { startsDown: true }));
    }
    for (const [index, { runtime, options }] of GENUINE.entries()) {
        boards.push(await startBoard(running, runtime, RUNTIMES.length + index, { ...options, startsDown: true }));
    }
    running.mqtt.choose = () => chooseFault(random);
    running.http.choose = () => chooseFault(random);
    await Promise.all(boards.map((board) => board.move()));
    const end = new AbortController();
    const publishing = Array.from({ length: LANES }, (_, lane) => publishUntil(end.signal, running, lane));
    const hurrying = hurry(end.signal);
    try {
        const untilMs = performance.now() + DEADLINE_MS;
        while (running.mqtt.cuts < CUTS && performance.now() < untilMs) await pause(20);
    } finally {
        end.abort();
        await Promise.all([...publishing, hurrying]);
    }
    const [cuts, httpCuts] = [running.mqtt.cuts, running.http.cuts];
    running.mqtt.choose = () => ({});
    running.http.choose = () => ({});
    await Promise.all(boards.map((board) => board.comeBack()));
    const faults = await settle(running, ledger, boards);
    t.diagnostic(`${cuts} connections cut, ${httpCuts} of HTTP; ${ledger.total} acknowledged`);
    assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
    assert.ok(cuts >= CUTS, `${cuts} were cut in time`);
    assert.ok(httpCuts > CUTS / 10, `${httpCuts} connections of publishers were cut`);
    assert.ok(ledger.total > CUTS, `messages flowed: ${ledger.total}`);
});
