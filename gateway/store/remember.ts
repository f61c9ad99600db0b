import type { E164 } from "../number.ts";
import type { ApiToken, Store } from "../ports.ts";
import type { Registration, Route } from "../registration.ts";

/** Numbers and tokens that are kept at most: a message asks for one of each. */
export const MAX_KEPT = 1_000;

/**
 * The store, with what each message asks for kept in memory: the registration of its number and the token of its sender. A gateway is alone on
 * its store, so nothing changes but by the calls made here: each that may change what is kept lets it be forgotten, when it is made and again
 * when it is answered. While there are few tokens all of them are kept, so that whoever tries wrong ones gives the store nothing to do.
 */
export function remember(store: Store): Store {
    const registrations = new Kept<E164, Registration>();
    const tokens = new Kept<string, ApiToken>();
    const allTokens = new Kept<"all", { byHash: Map<string, ApiToken> }>();
    let few = true;
    const forgetRegistrations = () => registrations.forget(() => true);
    const forgetRoute = (route: Route) => registrations.forget((kept) => kept.route === route);
    const forgetTokens = () => {
        tokens.forget(() => true);
        allTokens.forget(() => true);
    };

    async function listTokens(): Promise<{ byHash: Map<string, ApiToken> } | undefined> {
        const list = await store.tokens();
        few = list.length <= MAX_KEPT;
        return few ? { byHash: new Map(list.map((token) => [token.hash, token])) } : undefined;
    }

    async function tokenByHash(hash: string): Promise<ApiToken | undefined> {
        const all = few ? await allTokens.find("all", listTokens) : undefined;
        if (all === undefined) return tokens.find(hash, () => store.tokenByHash(hash));
        const token = all.byHash.get(hash);
        return token && { ...token };
    }

    return {
        ...store,
        register: around(store, "register", forgetRegistrations),
        unregister: around(store, "unregister", forgetRegistrations),
        retire: around(store, "retire", forgetRegistrations),
        clockStepped: around(store, "clockStepped", forgetRegistrations),
        redeem: around(store, "redeem", forgetRegistrations),
        contact: around(store, "contact", forgetRoute),
        credentials: around(store, "credentials", forgetRoute),
        overflowTold: around(store, "overflowTold", forgetRoute),
        putToken: around(store, "putToken", forgetTokens),
        deleteToken: around(store, "deleteToken", forgetTokens),
        byNumber: (number) => registrations.find(number, () => store.byNumber(number)),
        tokenByHash,

        async append(message) {
            const appended = await store.append(message);
            if (appended === undefined || appended.dropped.length > 0) forgetRoute(message.route);
            else if (!appended.repeated) {
                registrations.change(message.to, (kept) => {
                    if (kept.route !== message.route) return;
                    kept.lastSequence = Math.max(kept.lastSequence, appended.message.sequence);
                });
            }
            return appended;
        },
    };
}

/** A call that tells, before it is made and after it was answered, what it is made with. */
function around<Name extends keyof Store>(store: Store, name: Name, tell: (...args: Parameters<Store[Name]>) => void) {
    const call = async (...args: Parameters<Store[Name]>): Promise<unknown> => {
        tell(...args);
        try {
            return await (store[name] as (...args: unknown[]) => Promise<unknown>)(...args);
        } finally {
            tell(...args);
        }
    };
    return call as Store[Name];
}

/** What was asked for, until it may have changed. What is not there is asked for each time. */
class Kept<K, V extends object> {
    readonly #values = new Map<K, V>();
    /** how often something was to be forgotten: an answer to what was asked before that is not kept */
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
