import type { PushFields } from "../../shared/push/message.ts";
import { encodeContent, type Content } from "../../gateway/delivery/push.ts";
import type { NewMessage, Placed } from "../../gateway/ports/backlog.ts";
import type { NewRegistration } from "../../gateway/ports/registrations.ts";
import type { Store } from "../../gateway/ports/store.ts";
import type { E164 } from "../../gateway/number.ts";
import type { Route } from "../../gateway/registration.ts";

/** When tests take place: 2026-01-01 00:00 UTC. */
export const START_MS = 1_767_225_600_000;

export function numberOf(index: number): E164 {
    return `+34600${String(index).padStart(6, "0")}` as E164;
}

export function routeOf(index: number): Route {
    return `route-${String(index).padStart(10, "0")}` as Route;
}

/** A registration of the number and the route with that index. */
export function registrationOf(index: number, given: Partial<NewRegistration> = {}): NewRegistration {
    return {
        number: numberOf(index),
        route: routeOf(index),
        secretHash: `hash ${index}`,
        provisional: false,
        createdMs: START_MS,
        epoch: START_MS / 1000,
        backlog: "drop",
        ...given,
    };
}

/** The id of the message that was appended last with a tag. */
export function idOf(tag: string): string {
    return ids.get(tag) ?? tag;
}

const ids = new Map<string, string>();

/** Appends a message that must be taken. */
export async function append(store: Pick<Store, "backlog">, message: NewMessage): Promise<Required<Placed>> {
    const placed = await store.backlog.append(message);
    if (typeof placed === "string") throw new Error(`not appended: ${placed}`);
    ids.set(message.tag, placed.id);
    return { state: "accepted", repeated: false, collapsed: [], dropped: [], ...placed } as Required<Placed>;
}

let lastTag = 0;

/** What a test may give a message; `id` stands for the tag of its id. */
export type Given = Partial<NewMessage & Content & { id: string }>;

/** A message of 100 octets to the registration with that index, an hour to live. */
export function messageOf(index: number, given: Given = {}): NewMessage {
    const { body = "hello", title, from, id = `tag ${++lastTag}`, ...fields } = given;
    const { urgency = "normal", collapseKey } = fields;
    return {
        tag: id,
        route: routeOf(index),
        to: numberOf(index),
        content: encodeContent({ body, title, from, urgency, collapseKey }),
        urgency,
        sender: "sender",
        acceptedMs: START_MS,
        expiresMs: START_MS + 3_600_000,
        octets: 100,
        ...fields,
    };
}

/** What a message's content holds. */
export function fieldsOf({ content }: Pick<NewMessage, "content">): Omit<PushFields, "n"> {
    return JSON.parse(`{${content}}`) as Omit<PushFields, "n">;
}
