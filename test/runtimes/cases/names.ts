import assert from "node:assert/strict";
import { push } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

const NAME = "gw.test";
const DNS_MS = 5000;
const LATE_MS = 3000;

/** Flashed with the gateway's name instead of its address. */
function named(stage: Stage, says: string): Promise<void> {
    return stage.start({ gateway: { host: NAME, port: stage.gateway.port }, names: { [NAME]: says } });
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
        name: "a name that does not exist: said, tried again, at most once a second",
        async play(stage) {
            await named(stage, "fails");
            const seen: number[] = [];
            stage.device.on("state", ({ state }) => {
                if (state === "resolving") seen.push(performance.now());
            });
            await stage.shows("waiting", /name (was )?not found/);
            await stage.device.until(() => seen.length >= 3, 15_000);
            seen.slice(1).forEach((ms, i) => assert.ok(ms - seen[i]! >= 900, `${ms - seen[i]!} ms apart`));
            await repaired(stage);
        },
    },
    {
        name: "a name server that never answers: given up after five seconds",
        async play(stage) {
            await named(stage, "hangs");
            await stage.device.until(() => stage.count("resolving") > 0);
            const startMs = performance.now();
            await stage.device.until(() => stage.count("waiting") > 0, DNS_MS + LATE_MS);
            const tookMs = performance.now() - startMs;
            assert.ok(tookMs > DNS_MS - 1000, `given up after ${tookMs} ms`);
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
];
