import { describe, test } from "node:test";
import { CONNECTING } from "./cases/connecting.ts";
import { LINKS } from "./cases/links.ts";
import { LIVENESS, SLOW } from "./cases/liveness.ts";
import { MALFORMED } from "./cases/malformed.ts";
import { NAMES } from "./cases/names.ts";
import { PUSHES } from "./cases/pushes.ts";
import { REFUSED_PUSHES } from "./cases/refused-pushes.ts";
import { OUTGOING } from "./cases/outgoing.ts";
import { SPLITS } from "./cases/splits.ts";
import { TEXT } from "./cases/text.ts";
import { Stage } from "./stage.ts";
import type { Case } from "./stage.ts";
import type { Subject } from "./subjects.ts";

/** Every case, the slow ones first. */
export const CASES: readonly Case[] = [
    ...SLOW,
    ...SPLITS,
    ...MALFORMED,
    ...NAMES,
    ...LINKS,
    ...LIVENESS,
    ...CONNECTING,
    ...OUTGOING,
    ...PUSHES,
    ...REFUSED_PUSHES,
    ...TEXT,
];

const CASE_TIMEOUT_MS = 120_000;
/** Devices at once. Most of the time they wait for something. They take turns in this thread: one with no turn for seconds gives up its connection. */
const AT_ONCE = 12;
const FENGARIS_AT_ONCE = 8;

/**
 * Plays all cases against the built bundle of each runtime: a device of its own and a scripted gateway on 127.0.0.1 for every case.
 * TOQUE_CASE=text plays only those whose name contains it.
 */
export function conformance(subjects: readonly Subject[]): void {
    const wanted = CASES.filter(({ name }) => name.includes(process.env.TOQUE_CASE ?? ""));
    for (const subject of subjects) {
        if (subject.skip !== false) {
            test(`conformance: ${subject.name}`, { skip: subject.skip }, () => undefined);
            continue;
        }
        const concurrency = subject.name === "fengari" ? FENGARIS_AT_ONCE : AT_ONCE;
        describe(`conformance: ${subject.name}`, { concurrency }, () => {
            for (const one of wanted) {
                const skip = one.skip?.(subject) ?? false;
                test(one.name, { timeout: CASE_TIMEOUT_MS, skip }, async (t) => {
                    await one.play(await Stage.set(t, subject));
                });
            }
        });
    }
}
