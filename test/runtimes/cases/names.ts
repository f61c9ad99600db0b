import assert from "node:assert/strict";
import { createServer } from "node:net";
import { push, spaced } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

const NAME = "gw.test";
const DNS_MS = 5000;
/** What a busy machine may add to a deadline. */
const LATE_MS = 30_000;
/** Where a captive portal is. */
const PORTAL = "127.0.0.66";

/** Flashed with the gateway's name instead of its address. */
function named(stage: Stage, answer: string): Promise<void> {
    return stage.start({ gateway: { host: NAME, port: stage.gateway.port }, names: { [NAME]: answer } });
}

/** The genuine interpreter's relay listens where the name leads at first. */
async function repaired(stage: Stage): Promise<void> {
    await stage.device.setNames({ [NAME]: "127.0.0.1" });
    const { peer } = await stage.accepted();
    await stage.deliver(peer, push(1, "found"));
}

export const NAMES: readonly Case[] = [
    {
        name: "a name is looked up, and its address dialed",
        async play(stage) {
            await named(stage, "127.0.0.1");
            const { peer } = await stage.accepted();
            assert.ok(stage.count("resolving") > 0);
            await stage.deliver(peer, push(1, "by name"));
        },
    },
    {
        name: "a name that does not exist: shown, tried again, at most once a second",
        async play(stage) {
            const startMs = performance.now();
            await named(stage, "fails");
            await stage.shows("waiting", /name (was )?not found/);
            await stage.device.until(() => stage.count("resolving") >= 3);
            // from before the first to behind the last: what a screen shows late makes it no shorter
            const tookMs = performance.now() - startMs;
            assert.ok(tookMs >= 1980, `three tries within ${tookMs} ms`);
            await repaired(stage);
        },
    },
    {
        name: "a name server that never answers: given up after five seconds",
        async play(stage) {
            const startMs = performance.now(); // before the look-up: what is late makes it no shorter
            await named(stage, "hangs");
            await stage.device.until(() => stage.count("waiting") > 0, DNS_MS + LATE_MS);
            const tookMs = performance.now() - startMs;
            assert.ok(tookMs >= DNS_MS, `given up after ${tookMs} ms`);
            await repaired(stage);
        },
    },
    {
        name: "a name that fails later: the last good address is dialed",
        async play(stage) {
            await named(stage, "127.0.0.1");
            const { peer } = await stage.accepted();
            await stage.device.setNames({ [NAME]: "fails" });
            peer.reset();
            await stage.deliver((await stage.accepted()).peer, push(1, "by its last address"));
        },
    },
    {
        name: "a name server that lies: the last good address is dialed every other time",
        async play(stage) {
            await named(stage, "127.0.0.1");
            const first = await stage.accepted();
            await stage.device.setNames({ [NAME]: "127.99.99.99" });
            first.peer.reset();
            const second = await stage.accepted();
            await stage.deliver(second.peer, push(1, "by its last address"));
            second.peer.reset();
            await stage.deliver((await stage.accepted()).peer, push(2, "and again"));
        },
    },
    {
        name: "a name server that hangs later: five seconds, then the last good address is dialed",
        async play(stage) {
            await named(stage, "127.0.0.1");
            const first = await stage.accepted();
            await stage.device.setNames({ [NAME]: "hangs" });
            first.peer.reset();
            // every other try takes the last good address without asking
            const second = await stage.accepted();
            const startMs = performance.now();
            second.peer.reset();
            const { peer } = await stage.accepted();
            const tookMs = peer.openedMs - startMs;
            assert.ok(tookMs >= DNS_MS, `dialed after ${tookMs} ms`);
            await stage.deliver(peer, push(1, "by its last address"));
        },
    },
    {
        name: "a name that fails after a power cut: the last good address is in flash, and dialed",
        async play(stage) {
            await named(stage, "127.0.0.1");
            // the hello in front of this push has been heard, and what it makes the device write is written
            await stage.deliver((await stage.accepted()).peer, push(1, "before"));
            await stage.device.setNames({ [NAME]: "fails" });
            await stage.device.reboot();
            const { peer, registration } = await stage.accepted();
            assert.equal(registration.fields.y, "boot");
            await stage.deliver(peer, push(2, "by the address in flash"));
        },
    },
    {
        name: "a captive portal, where every name leads to a page of HTTP: shown, spaced, and the last good address is tried",
        skip: ({ runtime }) => (runtime === "espruino" ? "it reaches the gateway's port through a relay only" : false),
        async play(stage) {
            const visitedMs: number[] = [];
            const portal = createServer((socket) => {
                visitedMs.push(performance.now());
                socket.on("error", () => undefined);
                socket.end("HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\nContent-Length: 0\r\n\r\n");
            });
            await new Promise<void>((resolve) => portal.listen(stage.gateway.port, PORTAL, resolve));
            try {
                await named(stage, "127.0.0.1");
                const first = await stage.accepted();
                await stage.device.setNames({ [NAME]: PORTAL });
                first.peer.reset();
                const second = await stage.accepted();
                const sinceMs = performance.now();
                second.peer.reset();
                await stage.shows("waiting", /^not a gateway .*127\.0\.0\.66/);
                const third = await stage.accepted();
                assert.equal(visitedMs.length, 1);
                spaced(sinceMs, { openedMs: visitedMs[0]! });
                spaced(visitedMs[0]!, third.peer);
                await stage.deliver(third.peer, push(1, "by its last address"));
            } finally {
                portal.close();
            }
        },
    },
];
