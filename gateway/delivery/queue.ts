import { randomBytes } from "node:crypto";
import { randomText } from "../directory/secrets.ts";
import { GatewayError } from "../error.ts";
import { URGENCIES, type Draft } from "../message.ts";
import type { Clock } from "../clock.ts";
import type { Appended, NewMessage } from "../ports/backlog.ts";
import type { Store } from "../ports/store.ts";
import type { Recipient, Route } from "../registration.ts";
import { GroupCommit } from "./group-commit.ts";
import { encodeContent, encodePush, payloadRoom } from "./push.ts";

/** How long a message may wait: unless the sender sets it, and at most. */
export const TTL_S = 86_400;
export const MAX_TTL_S = 28 * 86_400;
export const MAX_COLLAPSE_KEY_OCTETS = 64;

/** Random octets that are asked of the system at once: each time costs more than all else about an id. */
const RANDOM_OCTETS = 4_096;

/** Of a message's tag: 80 random bits, 14 characters in its id. */
const TAG_OCTETS = 10;

/** A sequence has at most ten digits in what is counted here: its own is given only later, by the store. */
const WIDEST_SEQUENCE = 2 ** 32 - 1;

/** Where a message becomes durable. */
export interface Queue {
    /**
     * Checks a message, gives it an id and stores it behind the others of its registration. Resolves after the commit.
     * @param sender the id of a token, or a board's route
     * @throws GatewayError invalid_request, too_large, conflict, unregistered (it ended meanwhile), too_many (the backlog is full of more urgent
     * ones, or the store is behind), unavailable
     */
    append(recipient: Recipient, draft: Draft, sender: string): Promise<Appended>;
}

export function createQueue(options: {
    store: Pick<Store, "backlog">;
    clock: Clock;
    /** the last sequence that was written on a route's connection; 0: it has none */
    writtenUpTo?: (route: Route) => number;
    random?: (octets: number) => Buffer;
}): Queue {
    const { store, clock, writtenUpTo = () => 0, random = pooledRandom() } = options;
    const group = new GroupCommit();
    return {
        async append(recipient, draft, sender) {
            const { route } = recipient;
            const given = { sender, tag: randomText(random, TAG_OCTETS), writtenUpTo: writtenUpTo(route) };
            const message = readDraft(recipient, draft, given, clock.nowMs());
            const wait = group.enter();
            let appended: Awaited<ReturnType<Store["backlog"]["append"]>>;
            try {
                if (wait !== undefined) await wait;
                appended = await store.backlog.append(message);
            } finally {
                group.leave();
            }
            if (appended === "conflict") {
                throw new GatewayError(
                    "conflict",
                    "This idempotency key was used for another message: use a new key for each message.",
                );
            }
            if (appended === "unregistered") {
                throw new GatewayError(
                    "unregistered",
                    "The number's registration ended just now: send again if the number is registered anew.",
                );
            }
            if (!appended.repeated && appended.state === "dropped") {
                throw new GatewayError(
                    "too_many",
                    "The device's backlog is full of more urgent messages: send again when it is online, or with a higher urgency.",
                );
            }
            const { id, sequence, state = "accepted", repeated = false, collapsed = [], dropped = [] } = appended;
            const { content, acceptedMs, expiresMs, octets } = message;
            const accepted = { id, route, sequence, content, acceptedMs, expiresMs, octets, state };
            return { message: accepted, repeated, collapsed, dropped };
        },
    };
}

function pooledRandom(): (octets: number) => Buffer {
    let pool = randomBytes(RANDOM_OCTETS);
    return (octets) => {
        if (pool.length < octets) pool = randomBytes(RANDOM_OCTETS);
        const taken = pool.subarray(0, octets);
        pool = pool.subarray(octets);
        return taken;
    };
}

/**
 * A draft checked and completed. Types are checked too: some drafts come from a device. The message is one literal: to spread one object into
 * another takes V8 five times as long as all else here.
 */
function readDraft(
    recipient: Recipient,
    draft: Draft,
    { sender, tag, writtenUpTo }: Pick<NewMessage, "sender" | "tag" | "writtenUpTo">,
    nowMs: number,
): NewMessage {
    const ttlS = draft.ttlS ?? TTL_S;
    if (!Number.isInteger(ttlS) || ttlS < 0 || ttlS > MAX_TTL_S) {
        throw refused(`The time to live has to be whole seconds from 0 (now or never) to ${MAX_TTL_S} (28 days).`);
    }
    const urgency = draft.urgency ?? "normal";
    if (!URGENCIES.includes(urgency)) throw refused(`The urgency has to be one of ${URGENCIES.join(", ")}.`);
    const body = readText("body", draft.body);
    if (body === undefined) throw refused("The message has no body: write what the device has to show.");
    const collapseKey = readText("collapse key", draft.collapseKey, MAX_COLLAPSE_KEY_OCTETS);
    const title = readText("title", draft.title);
    const content = encodeContent({ body, title, urgency, from: draft.from, collapseKey });
    const acceptedMs = nowMs;
    const expiresMs = nowMs + ttlS * 1000;
    const { route, number: to } = recipient;
    const octets = checkSize(recipient, encodePush({ sequence: WIDEST_SEQUENCE, content, acceptedMs, expiresMs }));
    const once = readKey(draft.once);
    // prettier-ignore
    return { route, to, content, urgency, collapseKey, acceptedMs, expiresMs, octets, tag, sender, once, writtenUpTo };
}

/** Text as it can travel: half a surrogate pair becomes U+FFFD, as every encoder of UTF-8 would have it. Empty is absent. */
function readText(name: string, text: unknown, maxOctets?: number): string | undefined {
    if (text === undefined || text === "") return undefined;
    if (typeof text !== "string") throw refused(`The ${name} has to be a text.`);
    const octets = maxOctets === undefined ? 0 : Buffer.byteLength(text);
    if (octets > (maxOctets ?? 0)) {
        throw refused(`The ${name} has ${octets} octets of UTF-8; it may have ${maxOctets}.`);
    }
    return text.toWellFormed();
}

/** The sender's idempotency key: 1 to 200 visible ASCII characters. */
function readKey(key: unknown): string | undefined {
    if (key === undefined) return undefined;
    if (typeof key === "string" && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
    throw refused(
        'The idempotency key ("id", or the header Idempotency-Key) must be 1 to 200 visible ASCII characters, without spaces.',
    );
}

/** @returns octets of the payload */
function checkSize(recipient: Recipient, payload: string): number {
    const octets = Buffer.byteLength(payload);
    const room = payloadRoom(recipient.route, recipient.packetOctets);
    if (octets <= room) return octets;
    throw new GatewayError(
        "too_large",
        `The message takes ${octets} octets with its title and keys, and the device takes ${room}: shorten it by ${octets - room}.`,
    );
}

function refused(sentence: string): GatewayError {
    return new GatewayError("invalid_request", sentence);
}
