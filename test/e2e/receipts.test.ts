import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Board, type Scene, setScene } from "./boards.ts";
import { eventually } from "../support/eventually.ts";
import type { Receipt } from "../support/gateway-client.ts";
import { withGenuine } from "./genuine.ts";

// Each end that a message can take, as its sender reads it by HTTP; and the same after the gateway was killed.

const BACKLOG_MESSAGES = 3;
const SUBJECTS = withGenuine("espruino-sim", "lua");

const ids: string[] = [];
let scene: Scene;
let { gateway, boards } = {} as Scene;

before(async () => {
    scene = await setScene(SUBJECTS, {}, { TOQUE_BACKLOG_MESSAGES: String(BACKLOG_MESSAGES) });
    ({ gateway, boards } = scene);
});
after(() => scene.close());

async function send(board: Board, fields: object = {}): Promise<string> {
    const { id } = await gateway.send(board.number, "¿qué tal?", fields);
    ids.push(id);
    return id;
}

/** Waits until the receipt has this state. @returns it */
async function ends(id: string, state: string): Promise<Receipt> {
    let receipt = await gateway.receipt(id);
    await eventually(
        () => `${state}, but ${JSON.stringify(receipt)}`,
        async () => (receipt = await gateway.receipt(id)).state === state,
        20_000,
    );
    return receipt;
}

function history(receipt: Receipt): string[] {
    return receipt.history.map(({ state }) => state);
}

test("accepted, sent, delivered, read", { timeout: 60_000 }, async () => {
    for (const board of boards) {
        const { sequence } = await ends(await send(board), "delivered");
        assert.ok(await board.device.say({ say: "read", sequence }));
        const receipt = await ends(ids.at(-1) ?? "", "read");
        assert.deepEqual(history(receipt), ["accepted", "sent", "delivered", "read"]);
    }
});

test("failed: the handler threw three times, and the next message goes on", { timeout: 60_000 }, async () => {
    for (const board of boards) {
        await board.device.failHandler(3);
        const receipt = await ends(await send(board), "failed");
        assert.deepEqual(history(receipt), ["accepted", "sent", "failed"]);
        assert.ok(receipt.history.at(-1)?.why, "a reason");
        await ends(await send(board), "delivered");
    }
});

test(
    "expired, collapsed, dropped while the board is away; the board gets an overflow",
    { timeout: 90_000 },
    async () => {
        await Promise.all(boards.map(({ device }) => device.linkDown()));
        await gateway.stop(); // no session is left that the gateway would still write to
        await gateway.start();
        const waiting: string[] = [];
        await Promise.all(
            boards.map(async (board) => {
                await ends(await send(board, { ttlS: 0 }), "expired");
                await ends(await send(board, { ttlS: 1 }), "expired");
                const collapsed = await send(board, { collapseKey: "door" });
                const newer = await send(board, { collapseKey: "door" });
                assert.deepEqual(history(await ends(collapsed, "collapsed")), ["accepted", "collapsed"]);
                waiting.push(newer);
                for (let index = 1; index < BACKLOG_MESSAGES; index++) waiting.push(await send(board));
                const high = await send(board, { urgency: "high" });
                assert.deepEqual(history(await ends(newer, "dropped")), ["accepted", "dropped"]);
                waiting.splice(waiting.indexOf(newer), 1);
                waiting.push(high);
            }),
        );
        for (const board of boards) await board.comeBack();
        for (const id of waiting) await ends(id, "delivered");
        for (const { device } of boards) {
            await device.until(
                ({ states }) => states.some(({ why }) => why === "too many messages, dropped: 1"),
                20_000,
            );
        }
    },
);

test("a killed gateway has the same receipts afterwards", { timeout: 60_000 }, async () => {
    const before = await Promise.all(ids.map((id) => gateway.receipt(id)));
    await gateway.kill();
    await gateway.start();
    assert.deepEqual(await Promise.all(ids.map((id) => gateway.receipt(id))), before);
});
