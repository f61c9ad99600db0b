import assert from "node:assert/strict";
import { pause } from "../../support/eventually.ts";
import { CONNACK, greet, idOf, puback, push } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

/** A new address is dialed within half a second, one without an event within ten. Without both, a ping would notice after 35 seconds. */
const AT_ONCE_MS = 25_000;

/** The next connection comes from this address, before any ping, with this reason. */
async function registersAs(stage: Stage, address: string, why: string) {
    const startMs = performance.now();
    const next = await stage.accepted();
    const tookMs = next.peer.openedMs - startMs;
    assert.ok(tookMs < AT_ONCE_MS, `dialed after ${tookMs} ms`);
    assert.deepEqual(
        [next.registration.fields.a, next.registration.fields.y, next.peer.address],
        [address, why, address],
    );
    return next.peer;
}

export const LINKS: readonly Case[] = [
    {
        name: "another address while online: registered at once, and nothing of the old connection counts",
        async play(stage) {
            const old = await stage.online({ address: "127.0.0.2" });
            await stage.device.setAddress("127.0.0.3");
            const peer = await registersAs(stage, "127.0.0.3", "address");
            old.send(push(1, "to the old address"));
            old.end();
            await pause(100);
            await stage.deliver(peer, push(1, "to the new address"));
            assert.deepEqual(stage.bodies, ["to the new address"]);
        },
    },
    {
        name: "a push on its way when the address changes is shown once",
        async play(stage) {
            const old = await stage.online({ address: "127.0.0.2" });
            old.send(push(1, "on its way"));
            await stage.device.setAddress("127.0.0.3");
            const peer = await registersAs(stage, "127.0.0.3", "address");
            peer.send(push(1, "on its way"), push(2, "behind it"));
            for (const n of [1, 2]) assert.equal((await peer.receive("puback")).messageId, idOf(push(n, "")));
            await stage.device.until(({ shown }) => shown.length >= 2);
            assert.deepEqual(stage.bodies, ["on its way", "behind it"]);
        },
    },
    {
        name: "another address while CONNACK is awaited",
        async play(stage) {
            await stage.start({ address: "127.0.0.2" });
            await stage.greeted();
            await stage.device.setAddress("127.0.0.3");
            await stage.deliver(await registersAs(stage, "127.0.0.3", "boot"), push(1, "here"));
        },
    },
    {
        name: "another address while SUBACK is awaited",
        async play(stage) {
            await stage.start({ address: "127.0.0.2" });
            const { peer } = await stage.greeted();
            peer.send(CONNACK);
            await stage.device.until(({ states }) => states.at(-1)?.state === "subscribing");
            await stage.device.setAddress("127.0.0.3");
            await stage.deliver(await registersAs(stage, "127.0.0.3", "boot"), push(1, "here"));
        },
    },
    {
        name: "another address ends the backoff",
        async play(stage) {
            const first = await stage.online({ address: "127.0.0.2" });
            first.reset();
            await stage.device.until(() => stage.count("waiting") > 0);
            await stage.device.setAddress("127.0.0.3");
            await registersAs(stage, "127.0.0.3", "address");
        },
    },
    {
        name: "three addresses in a row: the last one is registered",
        async play(stage) {
            await stage.online({ address: "127.0.0.2" });
            for (const address of ["127.0.0.3", "127.0.0.4", "127.0.0.5"]) await stage.device.setAddress(address);
            const peer = await stage.gateway.newest();
            assert.equal(peer.address, "127.0.0.5");
            await greet(peer);
            await stage.deliver(peer, push(1, "at the last one"));
        },
    },
    {
        name: "the link goes: offline and silent; it is back: registered, and what waited arrives",
        async play(stage) {
            await stage.online();
            await stage.device.linkDown();
            await stage.device.until(({ states }) => states.at(-1)?.state === "offline");
            await assert.rejects(stage.gateway.accept(1200), /the device connects/);
            await stage.device.linkUp();
            const peer = await registersAs(stage, "127.0.0.1", "link");
            await stage.deliver(peer, push(1, "waited"));
        },
    },
    {
        name: "the link flaps five times within a second",
        async play(stage) {
            await stage.online();
            for (let i = 0; i < 5; i++) {
                await stage.device.linkDown();
                await pause(50);
                await stage.device.linkUp();
                await pause(50);
            }
            const peer = await stage.gateway.newest();
            await greet(peer);
            await stage.deliver(peer, push(1, "after the flapping"));
        },
    },
    {
        name: "no link at boot: nothing is dialed before there is one",
        async play(stage) {
            await stage.start({ startsDown: true });
            await assert.rejects(stage.gateway.accept(1000), /the device connects/);
            await stage.device.linkUp("127.0.0.7");
            await registersAs(stage, "127.0.0.7", "boot");
        },
    },
    {
        name: "an address that changes without any event is found within ten seconds",
        skip: ({ runtime }) => (runtime === "host" ? "on Node the machine reports its addresses" : false),
        async play(stage) {
            await stage.online({ address: "127.0.0.2" });
            await stage.device.setAddress("127.0.0.3", "silent");
            const peer = await stage.gateway.accept(AT_ONCE_MS);
            assert.equal(peer.address, "127.0.0.3");
        },
    },
    {
        name: "power cut and power: credentials and epoch are in flash, and it connects as at boot",
        async play(stage) {
            const first = await stage.online();
            await stage.deliver(first, push(1, "before"));
            await stage.device.reboot();
            const { peer, registration } = await stage.accepted();
            assert.equal(registration.fields.y, "boot");
            assert.equal(typeof registration.fields.e, "number");
            peer.send(puback(registration.messageId));
            await stage.deliver(peer, push(2, "after"));
        },
    },
];
