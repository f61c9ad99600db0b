import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../support/eventually.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Board, setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";

// The address of each board changes many times while messages flow: announced by the Wi-Fi, silently, or the link is lost and back
// without an event (the address stays, the sockets are dead). Nobody ever closes the old connections.

const SUBJECTS = (["espruino-sim", "lua", "host", "espruino-sim"] as const).map((runtime) => ({
    runtime,
    options: {},
}));
/** The shortest there is: a board finds a dead path within half of it and 5 s. */
const KEEP_ALIVE_S = 15;
const BACK_MS = 80_000; // a hidden drop has to be noticed, and then the backoff may be at its cap of a minute
/** At most, between two messages. */
const PAUSE_MS = 60;
/** Endpoints of a number that the gateway keeps. */
const ENDPOINTS = 20;
/** Changes from which on all of those are filled. */
const LONG_RUN = 50;

const seed = chooseSeed();

type Change = "announced" | "silent" | "hidden";

/** @returns how often each kind of change was made */
async function changeAddress(board: Board, index: number, changes: number): Promise<Record<Change, number>> {
    const random = seeded(seed + 1 + index);
    const made = { announced: 0, silent: 0, hidden: 0 };
    for (let count = 0; count < changes; count++) {
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

interface Endpoint {
    address: string;
    deviceAddress: string;
    why: string;
}

export function changeAddresses(changes: number): void {
    const boards = SUBJECTS.length;
    test(`${changes} address changes of each of ${boards} boards: none lost, none shown twice, the gateway knows each address`, async (t) => {
        t.diagnostic(`TOQUE_SEED=${seed}`);
        const scene = await setScene(SUBJECTS, { keepAliveS: KEEP_ALIVE_S });
        t.after(() => scene.close());
        const { gateway, ledger, boards } = scene;
        const flow = new Flow(scene, seeded(seed), { lanes: 1, pauseMs: PAUSE_MS });
        const made = await Promise.all(boards.map((board, index) => changeAddress(board, index, changes)));
        t.diagnostic(`changes: ${JSON.stringify(made)}`);
        await flow.stop();
        await Promise.all(boards.map((board) => board.comeBack()));
        const faults = await settle(scene);
        t.diagnostic(`${ledger.total} acknowledged, ${boards.map(({ times }) => times).join(", ")} connections`);
        assert.deepEqual(faults, [], `TOQUE_SEED=${seed}`);
        assert.ok(ledger.total >= changes, `messages flowed: ${ledger.total}`);
        for (const { number, device, times } of boards) {
            const { endpoint, endpoints } = await gateway.view<{ endpoint: Endpoint; endpoints: Endpoint[] }>(number);
            assert.equal(endpoint.address, device.address);
            assert.equal(endpoint.deviceAddress, device.address);
            assert.equal(endpoint.why, "address");
            const fewest = changes < LONG_RUN ? Math.min(ENDPOINTS, times / 2) : ENDPOINTS;
            assert.ok(endpoints.length >= fewest && endpoints.length <= ENDPOINTS, `${endpoints.length} endpoints`);
            assert.equal(new Set(endpoints.map(({ address }) => address)).size, endpoints.length);
        }
    });
}
