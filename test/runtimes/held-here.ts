import assert from "node:assert/strict";
import { CONNACK, idOf, push, suback } from "./stage.ts";
import type { Peer, ScriptedGateway } from "../support/scripted-gateway.ts";
import type { Stage } from "./stage.ts";

// What the tests beside the boards' own modules share: the device's half where more than one of them fails, and a module's connection.

/** A push that comes again is acknowledged again, and shown once. */
export async function showsOnce(stage: Stage): Promise<void> {
    const packet = push(1, "once");
    const device = await stage.online();
    await stage.deliver(device, packet);
    device.send(packet);
    assert.equal((await device.receive("puback")).messageId, idOf(packet));
    await stage.deliver(device, push(2, "next"));
    assert.deepEqual(stage.bodies, ["once", "next"]);
}

/** SUBACK 128 is no subscription: the device is never online, and shows why. */
export async function refusesSuback(stage: Stage): Promise<void> {
    await stage.start();
    const { peer, subscribeId } = await stage.greeted();
    peer.send(CONNACK, suback(subscribeId, 0x80));
    await stage.shows("waiting", /SUBACK 128/);
    assert.equal(stage.count("online"), 0);
}

/** The next connection of a board's own module: accepted, and its SUBSCRIBE answered. */
export async function acceptModule(gateway: ScriptedGateway, granted = 1): Promise<Peer> {
    const peer = await gateway.accept();
    await peer.receive("connect");
    peer.send(CONNACK);
    peer.send(suback((await peer.receive("subscribe")).messageId, granted));
    return peer;
}
