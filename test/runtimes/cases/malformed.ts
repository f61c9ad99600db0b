import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { push } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

interface Decoded {
    vectors: {
        name: string;
        clause: string;
        hex: string;
        limit?: number;
        packets: { garbled?: true; malformed?: true }[];
    }[];
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/decode.json", import.meta.url), "utf8")) as Decoded;

/** Packets that no gateway may send, and octets that are no packet, from the vectors. */
const REFUSED = vectors.filter(
    ({ name, packets }) =>
        name.startsWith("for the session to refuse") || packets.some(({ garbled, malformed }) => garbled ?? malformed),
);

/** So many vectors make a case: each costs a connection. */
const A_CASE = 8;

/** Sent while the device is online, each on a connection of its own: it hangs up, the screen has the reason, and no push is shown. */
async function hangsUp(stage: Stage, which: typeof REFUSED): Promise<void> {
    await stage.start();
    for (const { name, hex } of which) {
        const { peer } = await stage.accepted();
        const from = stage.device.states.length;
        // a push behind it must not be shown any more
        peer.send(hex, push(1, "behind it"));
        await stage
            .shows("waiting", /^not MQTT/, from)
            .catch((error: unknown) => assert.fail(`${name}: ${String(error)}`));
        await peer.hungUp();
        // a link that comes back is the fastest way to the next connection, and a dial of the moment before is gone
        await stage.device.linkDown();
        await stage.gateway.deserted();
        await stage.device.linkUp();
    }
    const { peer } = await stage.accepted();
    assert.deepEqual(stage.bodies, []);
    await stage.deliver(peer, push(1, "after all that"));
}

export const MALFORMED: readonly Case[] = Array.from(
    { length: Math.ceil(REFUSED.length / A_CASE) },
    (_, index): Case => {
        const which = REFUSED.slice(index * A_CASE, (index + 1) * A_CASE);
        return {
            name: `malformed while online: ${which.map(({ name }) => name).join("; ")}`,
            play: (stage) => hangsUp(stage, which),
        };
    },
);
