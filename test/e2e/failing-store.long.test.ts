import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import type { Answer, ErrorBody } from "../support/gateway-client.ts";
import { illnesses } from "../support/ill-disks.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import { type Scene, setScene, settle } from "./boards.ts";
import { Flow } from "./flow.ts";
import { PublisherConnection } from "./publishers.ts";

// The disk under `toque serve` fails while messages flow in, and comes right again. Meanwhile nothing is acknowledged that is not stored;
// afterwards all that was acknowledged is shown, once and in order, also when the gateway is killed then.

const random = seeded(chooseSeed());
const SUBJECTS = (["host", "lua", "host", "espruino-sim"] as const).map((runtime) => ({ runtime, options: {} }));
/** Messages that flow in before, in and after each illness. */
const MESSAGES = 40;
const SENTENCE = /^The store cannot write: its disk (is full|reports an error)\. .*, then try again\.$/;

let scene: Scene;
let flow: Flow;
let allowed = 0;
before(async () => {
    scene = await setScene(SUBJECTS);
    flow = new Flow(scene, random, { lanes: 8, mqttEvery: 3, multicastEvery: 3 });
    flow.allow(0);
});
after(async () => {
    await flow.stop();
    await scene.close();
});

/** Resolves when all that may flow in is acknowledged. */
async function flowIn(messages: number): Promise<void> {
    flow.allow((allowed += messages));
    await eventually("all is acknowledged", () => scene.ledger.total >= allowed);
}

/** By HTTP and by MQTT. A message that was refused may be shown all the same: a log that could not be flushed may be on the disk. */
async function triesInVain(name: string): Promise<void> {
    const { gateway, boards, ledger } = scene;
    const { number } = boards[0]!;
    let answer: Answer<ErrorBody> | undefined;
    // The first page of a new log may fit.
    for (let attempt = 0; attempt < 3 && answer?.status !== 503; attempt++) {
        const body = `${name}, ${attempt}`;
        ledger.attempted(number, body);
        answer = await gateway.ask<ErrorBody>("POST", "/v1/messages", { body: { to: number, body } });
    }
    assert.equal(answer?.status, 503);
    assert.match(answer.body.error.message, SENTENCE);
    const publisher = new PublisherConnection(gateway.mqtt.port, gateway.token);
    assert.equal(await publisher.connected, true);
    ledger.attempted(number, `${name}, by MQTT`);
    assert.equal(await publisher.publish(number, `${name}, by MQTT`), false, "no PUBACK");
    await gateway.waiting(number);
}

for (const { name, refuses, skip, begin } of await illnesses()) {
    const promise = refuses ? "503 with a sentence, no PUBACK, reads go on" : "what is accepted late is accepted";
    test(`a disk whose ${name}: ${promise}, and nothing is lost or shown twice`, { skip }, async (t) => {
        t.diagnostic(`TOQUE_SEED=${random.seed}`);
        const { gateway, boards } = scene;
        await flowIn(MESSAGES);
        const makeWell = await begin(gateway.pid, gateway.data);
        const flowing = flowIn(MESSAGES);
        await random.pick(boards).move();
        if (refuses) await triesInVain(name);
        else await flowing;
        if (random.percent(50)) {
            await gateway.kill();
            await gateway.start();
        } else await makeWell();
        await Promise.all(boards.map((board) => board.move())); // now, not after their backoff
        await flowing;
        await flowIn(MESSAGES);
        assert.deepEqual(await settle(scene), [], `TOQUE_SEED=${random.seed}`);
    });
}
