import { GatewayError } from "../error.ts";
import { isE164, type E164 } from "../number.ts";
import { ALL_NUMBERS, type NumberRange } from "../number-range.ts";
import type { Clock } from "../clock.ts";
import type { Store } from "../ports/store.ts";
import type { ApiToken, Role } from "../token.ts";
import { hashSecret, newSecret, randomText, sameText, systemRandom, type Random } from "./secrets.ts";

/** What a caller wants: to push, to see what became of a push, to see numbers and status, to change numbers, codes and tokens. */
export type Action = "send" | "receipt" | "read" | "manage";

/** Who is asking. */
export type Caller = Pick<ApiToken, "id" | "role" | "pattern">;

const MAY: { readonly [R in Role]: readonly Action[] } = {
    admin: ["send", "receipt", "read", "manage"],
    sender: ["send", "receipt"],
    reader: ["receipt", "read"],
};

/** What a token needs that may manage the gateway. */
const MANAGER = { role: "admin", pattern: "*" } as const;

/** "*", a prefix of E.164 with "*" behind it, or one number. */
const PREFIX_FORM = /^\+([1-9][0-9]{0,14})?\*$/;
/** The file in the data folder that holds the first admin's token. */
export const ADMIN_TOKEN_FILE = "admin-token";
const TOKEN_FORM = /^[\w-]{22}$/;
const ID_OCTETS = 6;
/** Tokens whose callers are kept. */
const MAX_KNOWN = 1_000;
const MAX_LABEL_CHARS = 100;
/** Set when a first admin's token was made, so that one that was revoked does not come back. */
const ADOPTED = "admin token adopted";

/** Bearer tokens of the HTTP interface: 128 random bits, 22 characters of base64url, kept as their hashes. */
export interface Tokens {
    /** @returns the token, this one time, and the id by which it is revoked. @throws GatewayError invalid_request */
    createToken(role: Role, pattern: string, label?: string): Promise<{ id: string; token: string }>;
    authenticateToken(token: string): Promise<Caller | undefined>;
    /** Whose token it is, if it was authenticated lately and nothing was revoked since; undefined: `authenticateToken` has to look. */
    knownCaller(token: string): Caller | undefined;
    /** Without hashes. */
    listTokens(): Promise<Omit<ApiToken, "hash">[]>;
    /** False: no such id. @throws GatewayError conflict when nobody could manage the gateway without it */
    revokeToken(id: string): Promise<boolean>;
    /**
     * On the first start: has an admin's token, and keeps it. False: there was one before, whatever became of it.
     * @param keepToken puts a fresh token where its owner finds it, and returns the one that is there now: one kept before a crash is as good
     */
    adoptAdminToken(keepToken: (fresh: string) => Promise<string>): Promise<boolean>;
}

/** Whether a token reaches that far. Without a number: whether it does for every number. */
export function permits(caller: Caller, action: Action, number?: E164): boolean {
    return MAY[caller.role].includes(action) && matches(caller.pattern, number);
}

/** The numbers of a pattern: those that `permits` lets through. */
export function rangeOf(pattern: string): NumberRange {
    if (pattern === "*") return ALL_NUMBERS;
    return pattern.endsWith("*")
        ? { from: pattern.slice(0, -1), below: `${pattern.slice(0, -1)}:` }
        : { from: pattern, below: `${pattern}0` };
}

/** Whether text can be a token as this gateway makes them. */
export function isToken(text: string): boolean {
    return TOKEN_FORM.test(text);
}

export function createTokens(options: {
    store: Pick<Store, "tokens" | "settings">;
    clock: Clock;
    random?: Random;
}): Tokens {
    const { store, clock, random = systemRandom } = options;

    /** raised by a revocation, before the store is asked and after its answer: what was authenticated before it is looked at again */
    let generation = 0;
    const known = new Map<string, Caller>();
    const forget = () => {
        generation++;
        known.clear();
    };

    async function put(token: string, role: Role, pattern: string, label?: string): Promise<string> {
        const id = randomText(random, ID_OCTETS);
        await store.tokens.add({ id, role, hash: hashSecret(token), pattern, label, createdMs: clock.nowMs() });
        return id;
    }

    return {
        async createToken(role, pattern, label) {
            if (!Object.hasOwn(MAY, role)) throw refused("A token's role is admin, sender or reader.");
            if (pattern !== "*" && !PREFIX_FORM.test(pattern) && !isE164(pattern)) {
                throw refused(
                    "A token's pattern is *, a number's beginning and *, as in +34*, or one number with + and country code.",
                );
            }
            if (label !== undefined && label.length > MAX_LABEL_CHARS) {
                throw refused(`A token's label has ${MAX_LABEL_CHARS} characters at most.`);
            }
            const token = newSecret(random);
            return { id: await put(token, role, pattern, label), token };
        },

        async authenticateToken(token) {
            if (!isToken(token)) return undefined;
            const before = generation;
            const hash = hashSecret(token);
            const found = await store.tokens.byHash(hash);
            if (found === undefined || !sameText(found.hash, hash)) return undefined;
            const caller: Caller = Object.freeze({ id: found.id, role: found.role, pattern: found.pattern });
            if (before === generation) known.set(token, caller);
            if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
            return caller;
        },

        knownCaller: (token) => known.get(token),

        async listTokens() {
            return (await store.tokens.list()).map(({ id, role, pattern, label, createdMs }) => ({
                id,
                role,
                pattern,
                label,
                createdMs,
            }));
        },

        async revokeToken(id) {
            forget();
            const removed = await store.tokens.remove(id, MANAGER).finally(forget);
            if (removed) return true;
            if (!(await store.tokens.list()).some((token) => token.id === id)) return false;
            const sentence =
                'This is the last admin\'s token: make another with "toque token add admin", then revoke it.';
            throw new GatewayError("conflict", sentence);
        },

        async adoptAdminToken(keepToken) {
            if ((await store.settings.get(ADOPTED)) !== undefined) return false;
            const token = await keepToken(newSecret(random));
            if ((await store.tokens.byHash(hashSecret(token))) === undefined)
                await put(token, MANAGER.role, MANAGER.pattern, "first start");
            await store.settings.set(ADOPTED, String(clock.nowMs()));
            return true;
        },
    };
}

function matches(pattern: string, number: E164 | undefined): boolean {
    if (pattern === "*") return true;
    if (number === undefined) return false;
    return pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : number === pattern;
}

function refused(sentence: string): GatewayError {
    return new GatewayError("invalid_request", sentence);
}
