import type { Appended, NewMessage } from "../../gateway/ports/backlog.ts";
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

/** Appends a message that must be taken. */
export async function append(store: Pick<Store, "backlog">, message: NewMessage): Promise<Appended> {
    const appended = await store.backlog.append(message);
    if (typeof appended === "string") throw new Error(`not appended: ${appended}`);
    return appended;
}

let lastId = 0;

/** A message of 100 octets to the registration with that index, an hour to live. */
export function messageOf(index: number, given: Partial<NewMessage> = {}): NewMessage {
    return {
        id: `message ${++lastId}`,
        route: routeOf(index),
        to: numberOf(index),
        body: "hello",
        urgency: "normal",
        sender: "sender",
        acceptedMs: START_MS,
        expiresMs: START_MS + 3_600_000,
        octets: 100,
        ...given,
    };
}
