import assert from "node:assert/strict";
import { test } from "node:test";
import { SYSTEM_TIMERS, type Timers } from "../../../gateway/system/timers.ts";
import type { ErrorBody } from "../../support/gateway-client.ts";
import { runGateway } from "../../support/gateway.ts";
import { RawClient } from "../aedes/door.ts";
import { connect, packetsIn, subscribe } from "../aedes/packets.ts";

/** Timers whose 20 s pass in 100 ms. */
const HASTY: Timers = {
    ...SYSTEM_TIMERS,
    after: (ms, call) => SYSTEM_TIMERS.after(ms === 20_000 ? 100 : ms, call),
};

test("rotation: a board that does not acknowledge its new secret within 20 s is closed, the caller gets an error, and both secrets work", async (t) => {
    const it = await runGateway({}, { timers: HASTY });
    t.after(() => it.stop());
    const { number, route, secret } = await it.register("+34611222222");
    const board = new RawClient(it.gateway.mqttPort);
    board.write(Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]));
    await board.octets(9);
    const { status, body } = await it.ask<ErrorBody>("POST", `/v1/numbers/${number}/secret`, { body: {} });
    assert.equal(status, 503);
    assert.match(
        body.error.message,
        /did not acknowledge its new secret within 20 s.+ Both secrets work until .+: try again when it is online\.$/,
    );
    const push = packetsIn(await board.end()).find((packet) => packet[0] === 0x32);
    const next = /"s":"([\w-]{22})"/.exec(push?.toString() ?? "")?.[1] ?? "";
    for (const good of [secret, next]) {
        const again = new RawClient(it.gateway.mqttPort);
        again.write(connect(route, route, good));
        assert.equal((await again.octets(4)).toString("hex"), "20020000");
        again.destroy();
    }
});

test("rotation: without an online board no secret is made", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const { number } = await it.register("+34611222222");
    const { status, body } = await it.ask<ErrorBody>("POST", `/v1/numbers/${number}/secret`, { body: {} });
    assert.equal(status, 503);
    assert.match(body.error.message, /^The board is not online/);
});
