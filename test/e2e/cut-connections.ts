import assert from "node:assert/strict";
import { test } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import { pause } from "../support/eventually.ts";
import type { Direction, Fault } from "../support/fault-proxy.ts";
import { chooseSeed, seeded, type Seeded } from "../support/seeded.ts";
import { type Board, setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";
import { withGenuine } from "./genuine.ts";

// Every connection of boards and publishers is cut at a random octet, in either direction, by FIN or by RST; some are slow, some pass one
// octet at a time. Afterwards nothing that was acknowledged is lost, and nothing was shown twice.

const random = seeded(chooseSeed());
/** At most, between two messages of a lane. */
const PAUSE_MS = 80;
const HURRY_MS = 500;
/** Connections of one board, all of them short, that the gateway takes in a minute is 15; it may have so many. */
const DIALS = 13;

/**
 * Where a connection ends. A board sends some 240 octets until it is registered and 4 for each push after that; to it, CONNACK to hello
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

/** Boards that wait for their backoff find another address now and then, so that there are connections to cut. */
async function hurry(boards: readonly Board[]): Promise<void> {
    for (const board of boards) {
        const dials = board.device.states.filter(({ state }) => state === "dialing").length;
        const waits = board.device.states.at(-1)?.state === "waiting";
        if (waits && dials < DIALS && random.percent(40)) await board.move();
    }
}

/** @param cuts connections of boards to be cut @param boards how many they are; a few have only so many connections */
export function cutConnections(cuts: number, boards: number): void {
    const runtime = (index: number): Runtime => (index < 2 ? "lua" : index % 3 === 0 ? "host" : "espruino-sim");
    const subjects = withGenuine(...Array.from({ length: boards }, (_, index) => runtime(index)));
    test(`${cuts} connections cut at a random octet: none lost, none shown twice`, async (t) => {
        t.diagnostic(`TOQUE_SEED=${random.seed}`);
        const scene = await setScene(subjects, { startsDown: true });
        t.after(() => scene.close());
        const { gateway, ledger, boards } = scene;
        for (const proxy of [gateway.mqtt, gateway.http]) proxy.choose = () => chooseFault(random);
        await Promise.all(boards.map((board) => board.move()));
        const flow = new Flow(scene, random, { lanes: 8, mqttEvery: 4, pauseMs: PAUSE_MS });
        // The runner ends what never comes to its end.
        while (gateway.mqtt.cuts < cuts) {
            await pause(HURRY_MS);
            await hurry(boards);
        }
        await flow.stop();
        const httpCuts = gateway.http.cuts;
        for (const proxy of [gateway.mqtt, gateway.http]) proxy.choose = () => ({});
        await Promise.all(boards.map((board) => board.comeBack()));
        const faults = await settle(scene);
        t.diagnostic(`${cuts} connections cut, ${httpCuts} of HTTP; ${ledger.total} acknowledged`);
        assert.deepEqual(faults, [], `TOQUE_SEED=${random.seed}`);
        assert.ok(httpCuts > cuts / 10, `${httpCuts} connections of publishers were cut`);
        assert.ok(ledger.total > cuts / 2, `messages flowed: ${ledger.total}`);
    });
}
