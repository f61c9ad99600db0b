import type { E164 } from "../number.ts";
import type { Recipients } from "../ports/registrations.ts";
import type { PlainStore, Store } from "../ports/store.ts";
import { recipientOf, type Recipient, type Registration } from "../registration.ts";
import type { ApiToken } from "../token.ts";

/** How many recipients are kept at most, of some 150 octets each. */
const MAX_RECIPIENTS = 20_000;

/**
 * Keeps in memory what every message needs: where messages to its number go, and the token of its sender. Only this gateway writes to the
 * store, so only calls made here change it: a call that may change what is kept forgets it, before the call and again after its answer.
 * All tokens are kept, so that guessing tokens costs the store nothing: only an admin makes one.
 */
export function remember(store: PlainStore): Store {
    const { registrations, contacts, codes, tokens } = store;
    const recipients = new KeptRecipients((number) => registrations.byNumber(number));
    let allTokens: Promise<Map<string, ApiToken>> | undefined;
    const forgetNumber = (number: E164) => recipients.forget(number);
    const forgetTokens = () => (allTokens = undefined);

    async function listTokens(): Promise<Map<string, ApiToken>> {
        try {
            return new Map((await tokens.list()).map((token) => [token.hash, token]));
        } catch (error) {
            forgetTokens();
            throw error;
        }
    }

    return {
        ...store,
        recipients,
        registrations: {
            ...registrations,
            register: invalidating(
                ({ number }) => forgetNumber(number),
                (...args) => registrations.register(...args),
            ),
            unregister: invalidating(forgetNumber, (...args) => registrations.unregister(...args)),
            async retire(...args) {
                const retired = await registrations.retire(...args);
                for (const { number } of retired) recipients.forget(number);
                return retired;
            },
        },
        contacts: {
            ...contacts,
            async record(route, contact) {
                const contacted = await contacts.record(route, contact);
                if (contacted !== undefined && contact.capabilities !== undefined) recipients.forget(contacted.number);
                return contacted;
            },
        },
        codes: { ...codes, redeem: invalidating(forgetNumber, (...args) => codes.redeem(...args)) },
        tokens: {
            ...tokens,
            add: invalidating(forgetTokens, (...args) => tokens.add(...args)),
            remove: invalidating(forgetTokens, (...args) => tokens.remove(...args)),
            async byHash(hash) {
                const token = (await (allTokens ??= listTokens())).get(hash);
                return token && { ...token };
            },
        },
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

class KeptRecipients implements Recipients {
    readonly #ask: (number: E164) => Promise<Registration | undefined>;
    readonly #known = new Map<string, Recipient>();
    /** Who asks for a number while an answer is under way waits for the same one: nobody's messages overtake each other. */
    readonly #asked = new Map<E164, Promise<Recipient | undefined>>();

    constructor(ask: (number: E164) => Promise<Registration | undefined>) {
        this.#ask = ask;
    }

    known(number: string): Recipient | undefined {
        return this.#known.get(number);
    }

    find(number: E164): Promise<Recipient | undefined> {
        const known = this.#known.get(number);
        if (known !== undefined) return Promise.resolve(known);
        const earlier = this.#asked.get(number);
        if (earlier !== undefined) return earlier;
        const asked: Promise<Recipient | undefined> = this.#ask(number)
            .then((found) => {
                const recipient = found && recipientOf(found);
                if (recipient !== undefined && this.#asked.get(number) === asked) this.#keep(recipient);
                return recipient;
            })
            .finally(() => {
                if (this.#asked.get(number) === asked) this.#asked.delete(number);
            });
        this.#asked.set(number, asked);
        return asked;
    }

    forget(number: E164): void {
        this.#known.delete(number);
        this.#asked.delete(number); // its answer may be an old one
    }

    #keep(recipient: Recipient): void {
        this.#known.set(recipient.number, recipient);
        if (this.#known.size > MAX_RECIPIENTS) this.#known.delete(this.#known.keys().next().value!);
    }
}
