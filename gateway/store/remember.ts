import type { E164 } from "../number.ts";
import type { Store } from "../ports/store.ts";
import type { ApiToken } from "../token.ts";
import type { Registration, Route } from "../registration.ts";

/** How many numbers and tokens are kept at most; each message needs one of both. */
export const MAX_KEPT = 1_000;

/**
 * Keeps in memory what every message needs: the registration of its number and the token of its sender. Only this gateway writes to the
 * store, so only calls made here change it: a call that may change what is kept forgets it, before the call and again after its answer.
 * While there are few tokens all are kept, so that guessing tokens costs the store nothing.
 */
export function remember(store: Store): Store {
    const { registrations, contacts, backlog, codes, tokens, upkeep } = store;
    const byNumber = new Kept<E164, Registration>();
    const byHash = new Kept<string, ApiToken>();
    const allTokens = new Kept<"all", { byHash: Map<string, ApiToken> }>();
    let few = true;
    const forgetRegistrations = () => byNumber.forget(() => true);
    const forgetRoute = (route: Route) => byNumber.forget((kept) => kept.route === route);
    const forgetTokens = () => {
        byHash.forget(() => true);
        allTokens.forget(() => true);
    };

    async function listTokens(): Promise<{ byHash: Map<string, ApiToken> } | undefined> {
        const list = await tokens.list();
        few = list.length <= MAX_KEPT;
        return few ? { byHash: new Map(list.map((token) => [token.hash, token])) } : undefined;
    }

    return {
        ...store,
        registrations: {
            ...registrations,
            register: invalidating(forgetRegistrations, (...args) => registrations.register(...args)),
            unregister: invalidating(forgetRegistrations, (...args) => registrations.unregister(...args)),
            retire: invalidating(forgetRegistrations, (...args) => registrations.retire(...args)),
            changeCredentials: invalidating(forgetRoute, (...args) => registrations.changeCredentials(...args)),
            setLabel: invalidating(forgetRegistrations, (...args) => registrations.setLabel(...args)),
            byNumber: (number) => byNumber.find(number, () => registrations.byNumber(number)),
        },
        contacts: { ...contacts, record: invalidating(forgetRoute, (...args) => contacts.record(...args)) },
        backlog: {
            ...backlog,
            clearOverflow: invalidating(forgetRoute, (...args) => backlog.clearOverflow(...args)),
            async append(message) {
                const appended = await backlog.append(message);
                if (typeof appended === "string" || appended.dropped.length > 0) forgetRoute(message.route);
                else if (!appended.repeated) {
                    byNumber.change(message.to, (kept) => {
                        if (kept.route !== message.route) return;
                        kept.lastSequence = Math.max(kept.lastSequence, appended.message.sequence);
                    });
                }
                return appended;
            },
        },
        codes: { ...codes, redeem: invalidating(forgetRegistrations, (...args) => codes.redeem(...args)) },
        tokens: {
            ...tokens,
            add: invalidating(forgetTokens, (...args) => tokens.add(...args)),
            remove: invalidating(forgetTokens, (...args) => tokens.remove(...args)),
            async byHash(hash) {
                const all = few ? await allTokens.find("all", listTokens) : undefined;
                if (all === undefined) return byHash.find(hash, () => tokens.byHash(hash));
                const token = all.byHash.get(hash);
                return token && { ...token };
            },
        },
        upkeep: { ...upkeep, followClock: invalidating(forgetRegistrations, (...args) => upkeep.followClock(...args)) },
    };
}

/** Wraps a call that may change what is kept. */
function invalidating<Args extends unknown[], Value>(
    forget: (first: NoInfer<Args>[0]) => void,
    call: (...args: Args) => Promise<Value>,
): (...args: Args) => Promise<Value> {
    return async (...args) => {
        forget(args[0]);
        try {
            return await call(...args);
        } finally {
            forget(args[0]);
        }
    };
}

/** A cache that keeps what was found. What was not found is asked for again. */
class Kept<K, V extends object> {
    readonly #values = new Map<K, V>();
    /** how often something was forgotten: an answer that was asked for before that is not kept */
    #forgotten = 0;

    /** @returns a copy, as the store would give it */
    async find(key: K, ask: () => Promise<V | undefined>): Promise<V | undefined> {
        const kept = this.#values.get(key);
        if (kept !== undefined) return { ...kept };
        const forgotten = this.#forgotten;
        const value = await ask();
        if (value === undefined || forgotten !== this.#forgotten) return value;
        this.#values.set(key, { ...value });
        if (this.#values.size > MAX_KEPT) this.#values.delete(this.#values.keys().next().value!);
        return value;
    }

    change(key: K, change: (value: V) => void): void {
        const kept = this.#values.get(key);
        if (kept === undefined) this.#forgotten++;
        else change(kept);
    }

    forget(which: (value: V) => boolean): void {
        this.#forgotten++;
        for (const [key, value] of this.#values) if (which(value)) this.#values.delete(key);
    }
}
