import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectory } from "../../../gateway/directory/directory.ts";
import {
    CODE_DIGITS,
    CODE_LIMITS,
    CODE_TRIES,
    CODE_VALID_MS,
    NETWORK_TRIES,
} from "../../../gateway/directory/enrolment.ts";
import { GatewayError } from "../../../gateway/error.ts";
import type { E164 } from "../../../gateway/number.ts";
import { openStore } from "../../../gateway/store/open.ts";
import { chooseSeed, seeded } from "../../support/seeded.ts";
import { byScale, count, type Attack, type Scale, type Verdict } from "../verdict.ts";

const DAY_MS = 86_400_000;
const MAX_CHANCE = 1e-4;
/** The simulation draws its codes from the first so many of 10⁸: then hits are frequent enough to be counted. */
const CODES = 2_000;
/** Guesses at each code, from so many networks in turn: more than count. */
const GUESSES = 120;
const NETWORKS = 22;

/** Codes a number can be given in a day, by all the limits together. */
function codesADay(): number {
    return Math.min(...CODE_LIMITS.map(({ codes, spanMs }) => (codes * DAY_MS) / spanMs));
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const chance = (codesADay() * CODE_TRIES) / 10 ** CODE_DIGITS;
    verdict.figure(`computed ${chance.toExponential(1)} a number-day`);
    verdict.must(chance <= MAX_CHANCE, "guessing hits 10⁻⁴ of a number's days at most");

    // Days at the highest rate: the guesser also has a new code made as often as is allowed.
    const days = byScale(scale, 3, 20, 400);
    const random = seeded(chooseSeed());
    const dir = mkdtempSync(join(tmpdir(), "toque-guess-"));
    const store = await openStore({ dir });
    try {
        let nowMs = 1_767_225_600_000;
        const draw = (octets: number) => {
            const drawn = Buffer.from(Array.from({ length: octets }, () => random.below(256)));
            if (octets === 4) drawn.writeUInt32BE(random.below(CODES));
            return drawn;
        };
        const directory = createDirectory({ store, clock: { nowMs: () => nowMs }, random: draw });
        let codes = 0;
        let hits = 0;
        const number = "+34600111222" as E164;
        for (const endMs = nowMs + days * DAY_MS; nowMs < endMs; nowMs += 60_000) {
            const made = await directory.createCode(number).catch((error: unknown) => {
                if (error instanceof GatewayError && error.code === "too_many") return undefined;
                throw error;
            });
            if (made === undefined) continue;
            codes++;
            const tried = new Set<number>();
            while (tried.size < GUESSES) tried.add(random.below(CODES));
            const guesses = [...tried].map((guess) => String(guess).padStart(CODE_DIGITS, "0"));
            const enrolled = await Promise.all(
                guesses.map((guess, at) => directory.redeem(number, guess, "stranger", `network ${at % NETWORKS}`)),
            );
            if (enrolled.some((one) => one !== undefined)) hits++;
        }
        const simulated = ((hits / days) * CODES) / 10 ** CODE_DIGITS;
        const expected = (codes * CODE_TRIES) / CODES;
        verdict.figure(`simulated ${simulated.toExponential(1)}: ${hits} hits in ${days} days, ${count(codes)} codes`);
        verdict.must(codes <= days * codesADay() + 3, "a number gets no more codes than its limits say");
        // a dozen hits differ by chance from run to run, and so does `simulated`: what is held to its limit is what was computed
        verdict.must(hits <= expected + 5 * Math.sqrt(expected), `no more than ${CODE_TRIES} tries of a code count`);
        verdict.must(NETWORKS * NETWORK_TRIES > CODE_TRIES, "the simulation uses them all");
        verdict.must(hits > 0 && CODE_VALID_MS <= 600_000, "the simulation can hit, and a code lives ten minutes");
    } finally {
        await store.close();
        rmSync(dir, { recursive: true, force: true });
    }
}

/** Guessing one-time codes at the highest rate that is permitted, from many networks. */
export const guess: Attack = { name: "guess", run };
