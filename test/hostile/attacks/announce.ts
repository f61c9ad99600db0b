import { connect, subscribe } from "../../gateway/aedes/packets.ts";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, Durations, type Attack } from "../verdict.ts";
import { underAttack } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

const CONNECTIONS = 100;
const FILTERS = 8_000;
/** CONNECT whose fixed header announces 268,435,455 octets. */
const ANNOUNCEMENT = Buffer.from("10ffffff7f00044d515454", "hex");

/** 100 connections announce a CONNECT of 256 MB, and send as much of it as they can. */
export const announce: Attack = {
    name: "announce",
    run: (scale, verdict) =>
        underAttack((victim) =>
            withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const cutMs = new Durations();
                    let cut = 0;
                    const rounds = byScale(scale, 5, 30, 100);
                    for (let round = 0; round < rounds; round++) {
                        await inLanes(CONNECTIONS, async (lane) => {
                            const client = new WireClient(victim.port, addressOf(lane));
                            const startMs = performance.now();
                            client.write(ANNOUNCEMENT);
                            client.write(Buffer.alloc(2 ** 20));
                            if (await client.ended()) cut++;
                            cutMs.add(performance.now() - startMs);
                            client.destroy();
                        });
                    }
                    verdict.figure(`${rounds} times ${CONNECTIONS} announcing 256 MB: ${cut} are cut, ${cutMs.text}`);
                    verdict.must(cut === rounds * CONNECTIONS, "who announces 256 MB is cut");
                    verdict.must(cutMs.at(0.99) < 1_000 * verdict.slowness, "and at once");
                }),
            ),
        ),
};

/** SUBSCRIBE with 8,000 filters, in a session to be kept, which cost the square of it once. */
export const filters8000: Attack = {
    name: "subscribe",
    run: (scale, verdict) =>
        underAttack((victim) =>
            withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const attackers = await victim.registerMany(byScale(scale, 30, 200, 500));
                    const cutMs = new Durations();
                    let cut = 0;
                    for (const { route, secret } of attackers) {
                        const client = new WireClient(victim.port, "127.9.9.9");
                        client.write(connect(route, route, secret, { flags: 0xc0 }));
                        await client.next();
                        const startMs = performance.now();
                        const wanted = Array.from({ length: FILTERS }, (_, n): [string, number] => [`f${n}`, 1]);
                        client.write(subscribe(1, ...wanted));
                        if (await client.ended()) cut++;
                        cutMs.add(performance.now() - startMs);
                        client.destroy();
                    }
                    verdict.figure(`${cut} of ${attackers.length} with 8,000 filters are cut, ${cutMs.text}`);
                    verdict.must(cut === attackers.length, "who asks for 8,000 filters is cut");
                    verdict.must(cutMs.at(0.99) < 1_000 * verdict.slowness, "and at once");
                }),
            ),
        ),
};
