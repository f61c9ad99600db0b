import { connect } from "../../gateway/aedes/packets.ts";
import { inLanes } from "../../support/lanes.ts";
import type { Attack } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { WireClient } from "../wire-client.ts";

const GUESSES = 200;

/** @returns the code of its CONNACK; 0: the code is right */
async function enrol(victim: Victim, from: string, number: string, code: string): Promise<number | undefined> {
    const client = new WireClient(victim.port, from);
    client.write(connect("enrol-c0ffee", number, code));
    const connack = await client.next();
    client.destroy();
    return connack?.[3];
}

/** A stranger who knows a number guesses at its code at once, from one network, so that the owner's board finds the code void. */
export const voidCode: Attack = {
    name: "void-code",
    run: (_scale, verdict) =>
        underAttack(async (victim) => {
            const number = "+34600111222";
            const { code } = (await victim.ask<{ code: string }>("POST", "/v1/codes", { body: { number } })).body;
            let refused = 0;
            await inLanes(GUESSES / 10, async () => {
                for (let guess = 0; guess < 10; guess++) {
                    if ((await enrol(victim, "127.9.9.9", number, "00000000")) === 4) refused++;
                }
            });
            const owner = await enrol(victim, "127.0.0.1", number, code);
            verdict.figure(
                `${refused} of ${GUESSES} wrong codes refused, then the owner's ${owner === 0 ? "enrols" : "is refused"}`,
            );
            verdict.must(refused === GUESSES, "no guess enrols");
            verdict.must(owner === 0, "the owner's board enrols");
        }),
};
