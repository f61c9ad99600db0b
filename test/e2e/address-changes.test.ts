import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import type { Runtime } from "../../emulator/device.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Board, closeBoards, settle, startBoard } from "./boards.ts";
import { pause } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { Ledger } from "./ledger.ts";
import { LONG } from "./lengths.ts";
import { publishByHttp } from "./publishers.ts";

// The address of each board changes 50 times while messages flow: announced by the Wi-Fi, silently, or the link is lost and back without
// a word (the address stays, the sockets are dead). Nobody ever closes the old connections.

const CHANGES = 50 * LONG;
const RUNTIMES: Runtime[] = ["espruino-sim", "lua", "host", "espruino-sim"];
/** The shortest there is: a board finds a dead path within half of it and 5 s. */
const KEEP_ALIVE_S = 15;
const BACK_MS = 80_000; // a hidden drop has to be noticed, and then the backoff may be at its cap of a minute
/** A message for each board in this time, on average. */
const FLOW_MS = 120;

type Change = "announced" | "silent" | "hidden";

const seed = chooseSeed();
const boards: Board[] = [];
const ledger = new Ledger();
let gateway: GatewayProcess | undefined;

after(async () => {
    await closeBoards(boards);
    await gateway?.close();
});

/** @returns how often each kind of change was made */
async function changeAddress(board: Board, index: number): Promise<Record<Change, number>> {
    const random = seeded(seed + 1 + index);
    const made = { announced: 0, silent: 0, hidden: 0 };
    for (let count = 0; count < CHANGES; count++) {
        const change = random.percent(70) ? "announced" : random.pick<Change>(["silent", "hidden"]);
        const times = board.times;
        made[change]++;
        if (change === "hidden") await board.device.hiddenDrop();
        else await board.move(change);
        // Some changes come before the board has got over the last one.
        if (random.percent(30)) await board.device.until(() => board.times > times && board.isOnline, BACK_MS);
        else await pause(random.below(500));
    }
    return made;
}

async function publishUntil(end: AbortSignal, to: GatewayProcess): Promise<void> {
    const random = seeded(seed);
    for (let index = 0; !end.aborted; index++) {
        await publishByHttp(to, ledger, { to: random.pick(boards).number, body: `${index} · où es-tu ?` }, end);
        await pause(random.below((2 * FLOW_MS) / boards.length));
    }
}

interface Endpoint {
    address: string;
    deviceAddress: string;
    why: string;
}

test(`${CHANGES} address changes of each of ${RUNTIMES.length} boards: none lost, none shown twice, the gateway knows each address`, async (t: TestContext) => {
    t.diagnostic(`TOQUE_SEED=${seed}`);
    const running = (gateway = await GatewayProcess.start());
    for (const [index, runtime] of RUNTIMES.entries()) {
        boards.push(await startBoard(running, runtime, index, { keepAliveS: KEEP_ALIVE_S }));
    }
    const end = new AbortController();
    const publishing = publishUntil(end.signal, running);
    try {
        const made = await Promise.all(boards.map(changeAddress));
        t.diagnostic(`changes: ${JSON.stringify(made)}`);
    } finally {
        end.abort();
        await publishing;
    }
    await Promise.all(boards.map((board) => board.comeBack()));
    const faults = await settle(running, ledger, boards);
    t.diagnostic(`${ledger.total} acknowledged, ${boards.map(({ times }) => times).join(", ")} connections`);
    assert.deepEqual(faults, [], `TOQUE_SEED=${seed}`);
    assert.ok(ledger.total >= CHANGES, `messages flowed: ${ledger.total}`);
    for (const { number, device } of boards) {
        const path = `/v1/numbers/${encodeURIComponent(number)}`;
        const { body } = await running.ask<{ endpoint: Endpoint; endpoints: Endpoint[] }>("GET", path);
        assert.equal(body.endpoint.address, device.address);
        assert.equal(body.endpoint.deviceAddress, device.address);
        assert.equal(body.endpoint.why, "address");
        assert.equal(body.endpoints.length, 20);
        assert.equal(new Set(body.endpoints.map(({ address }) => address)).size, 20);
    }
});
