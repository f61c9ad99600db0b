import { OVERFLOW_BURST, OVERFLOW_PER_S } from "../../../gateway/limits/throttle.ts";
import { forEachInLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";

const LANES = 20;
const MEGABYTES = 3;

/** Sends so many messages. @returns how many were answered with each status, and the last error */
async function offer(victim: Victim, to: string, messages: number, more: object) {
    const answers = new Map<number, number>();
    let error = "";
    await forEachInLanes(Array<object>(messages).fill({ to, ...more }), LANES, async (body) => {
        const { status, text } = await victim.ask("POST", "/v1/messages", { body });
        answers.set(status, (answers.get(status) ?? 0) + 1);
        if (status === 503) error = text;
    });
    return { of: (status: number) => answers.get(status) ?? 0, error };
}

/** Fills the store: with messages to a number that is offline which no backlog bounds, then with whole backlogs of many numbers. */
export const fill: Attack = {
    name: "fill",
    run: (scale, verdict) =>
        underAttack(
            async (victim) => {
                const messages = byScale(scale, 1_500, 5_000, 100_000);
                for (const more of [{ collapseKey: "k" }, { ttlS: 0 }]) {
                    const [offline] = await victim.registerMany(1);
                    const startMs = performance.now();
                    const answers = await offer(victim, offline!.number, messages, { body: "x", ...more });
                    const seconds = (performance.now() - startMs) / 1000;
                    const most = OVERFLOW_BURST + OVERFLOW_PER_S * seconds + LANES;
                    const kind = Object.keys(more)[0]!;
                    verdict.figure(
                        `${count(messages)} with ${kind} to an offline number: ${count(answers.of(202))} accepted`,
                    );
                    verdict.must(answers.of(202) <= most, `no more than ${count(most)} with ${kind} are taken`);
                }
                let full = { of: (_status: number) => 0, error: "" };
                for (let numbers = 0; numbers < 20 && full.of(503) === 0; numbers++) {
                    const [offline] = await victim.registerMany(1);
                    full = await offer(victim, offline!.number, 250, { body: "x".repeat(900) });
                }
                const { storeOctets } = (await victim.ask<{ storeOctets: number }>("GET", "/v1/status")).body;
                verdict.figure(
                    `a store of ${MEGABYTES} MB takes ${(storeOctets / 1_048_576).toFixed(1)} MB of the disk with its log`,
                );
                verdict.must(full.of(503) > 0, "a full store answers 503");
                verdict.must(full.error.includes("--store-megabytes"), "and names what to do");
                verdict.must((await victim.ask("GET", "/v1/health")).status === 503, "which shows in its health");
            },
            { storeMegabytes: `${MEGABYTES}` },
        ),
};
