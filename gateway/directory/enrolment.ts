import { createHmac } from "node:crypto";
import { GatewayError } from "../error.ts";
import { createMutex } from "../system/mutex.ts";
import type { E164 } from "../number.ts";
import type { Clock } from "../clock.ts";
import type { NewRegistration } from "../ports/registrations.ts";
import type { Store } from "../ports/store.ts";
import { isChip, type Registration, type Route } from "../registration.ts";
import { hashSecret, newRoute, newSecret, type Random } from "./secrets.ts";

/** A code: digits, how long it is valid. */
export const CODE_DIGITS = 8;
export const CODE_VALID_MS = 10 * 60_000;
/** Wrong tries at a code: of one network, which then is refused alone, so that a stranger does not void a code; and of all, which do. */
export const NETWORK_TRIES = 5;
export const CODE_TRIES = 100;
/**
 * Codes a number may be given: so many, in so long. At worst 3 codes an hour × 24 × 100 tries / 10⁸ codes: guessing from 20 networks or
 * more hits 7.2 × 10⁻⁵ of a number's days, and from one network 3.6 × 10⁻⁶.
 */
export const CODE_LIMITS: readonly { codes: number; spanMs: number }[] = [
    { codes: 1, spanMs: 60_000 },
    { codes: 3, spanMs: 3_600_000 },
];

const CODE_FORM = new RegExp(`^[0-9]{${CODE_DIGITS}}$`);
const CODE_KEY = "code key";
const CODE_KEY_OCTETS = 32;

/** A registration just made: the one time that its secret is known here. */
export interface Enrolled {
    route: Route;
    secret: string;
    registration: Registration;
    /** the number's registration before, ended now: its connection has to be closed */
    ended?: Registration;
    /** messages that waited for that one and are gone */
    dropped: number;
}

export interface Enrolment {
    /**
     * Makes a one-time code: 8 digits, valid for 10 minutes and 5 wrong tries of a network, 100 in all; an older one of the number is void.
     * @throws GatewayError too_many: one a minute and three an hour; the sentence names the time until the next one
     */
    createCode(number: E164, options?: { keepBacklog?: boolean }): Promise<{ code: string; expiresMs: number }>;
    /**
     * Registers the chip that shows the code. Undefined: refused, and nobody learns why. The secret is provisional until it is used.
     * @param network from where the chip connects, as `clientKey` has it
     */
    redeem(number: E164, code: string, chip: string, network: string): Promise<Enrolled | undefined>;
}

/** What a new registration is made of, and its secret. */
export function draftRegistration(
    number: E164,
    nowMs: number,
    random: Random,
): { secret: string; draft: Omit<NewRegistration, "provisional" | "backlog"> } {
    const secret = newSecret(random);
    const route = newRoute(random);
    const epoch = Math.floor(nowMs / 1000);
    return { secret, draft: { number, route, secretHash: hashSecret(secret), createdMs: nowMs, epoch } };
}

export function createEnrolment(options: {
    store: Pick<Store, "codes" | "settings">;
    clock: Clock;
    random: Random;
}): Enrolment {
    const { store, clock, random } = options;
    let key: Promise<Buffer> | undefined;
    const exclusively = createMutex();

    /** Codes have 27 bits: only a key that is not beside them keeps a stolen table of them from being tried out in a second. */
    async function hashCode(number: E164, code: string): Promise<string> {
        key ??= readKey();
        try {
            return createHmac("sha256", await key)
                .update(`${number} ${code}`)
                .digest("hex");
        } catch (error) {
            key = undefined; // the store could not be asked just now
            throw error;
        }
    }

    async function readKey(): Promise<Buffer> {
        const known = await store.settings.get(CODE_KEY);
        const text = known ?? random(CODE_KEY_OCTETS).toString("base64");
        if (known === undefined) await store.settings.set(CODE_KEY, text);
        return Buffer.from(text, "base64");
    }

    async function makeCode(number: E164, keepBacklog: boolean): Promise<{ code: string; expiresMs: number }> {
        const nowMs = clock.nowMs();
        await checkLimits(number, nowMs);
        const code = drawCode(random);
        const expiresMs = nowMs + CODE_VALID_MS;
        const codeHash = await hashCode(number, code);
        await store.codes.add({ number, codeHash, createdMs: nowMs, expiresMs, triesLeft: CODE_TRIES, keepBacklog });
        return { code, expiresMs };
    }

    async function checkLimits(number: E164, nowMs: number): Promise<void> {
        const longestMs = Math.max(...CODE_LIMITS.map((limit) => limit.spanMs));
        // A clock that was set back: codes of the future count as made now, or there would be no code for as long as it was set back.
        const madeMs = (await store.codes.list(number, nowMs - longestMs + 1)).map((code) =>
            Math.min(code.createdMs, nowMs),
        );
        const waitMs = Math.max(
            ...CODE_LIMITS.map(({ codes, spanMs }) => {
                const oldestMs = madeMs[codes - 1]; // newest first
                return oldestMs === undefined ? 0 : oldestMs + spanMs - nowMs;
            }),
        );
        if (waitMs <= 0) return;
        throw new GatewayError(
            "too_many",
            `A number gets one code a minute and three an hour: the next is possible in ${Math.ceil(waitMs / 1000)} seconds.`,
        );
    }

    return {
        createCode(number, { keepBacklog = false } = {}) {
            // Two at the same moment would both find the limit not yet reached.
            return exclusively(() => makeCode(number, keepBacklog));
        },

        async redeem(number, code, chip, network) {
            if (!CODE_FORM.test(code) || !isChip(chip)) return undefined;
            const { secret, draft } = draftRegistration(number, clock.nowMs(), random);
            const from = { network, mostTries: NETWORK_TRIES };
            const made = await store.codes.redeem(number, await hashCode(number, code), chip, from, {
                ...draft,
                provisional: true,
                backlog: "drop", // unless the code was made to keep it
            });
            return made && { route: made.registration.route, secret, ...made };
        },
    };
}

/** Eight digits, each as likely as any other: 32 bits hold 42 whole rounds of them, and what is left over is drawn again. */
function drawCode(random: Random): string {
    const codes = 10 ** CODE_DIGITS;
    const rounds = Math.floor(2 ** 32 / codes) * codes;
    for (;;) {
        const drawn = random(4).readUInt32BE();
        if (drawn < rounds) return String(drawn % codes).padStart(CODE_DIGITS, "0");
    }
}
