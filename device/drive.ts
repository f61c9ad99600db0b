import type { Bytes } from "../shared/bytes.ts";
import type { Input, Output, Saying } from "./core/events.ts";
import { canSay } from "./core/outbox.ts";
import { createSession } from "./core/session.ts";
import type { Session } from "./core/session.ts";
import type { Body, Credentials, Memory, Settings } from "./core/settings.ts";
import { step, wakeAfterMs } from "./core/step.ts";
import type { Perform } from "./platform.ts";

/** A running device: a plain record, and functions that are only called, because that takes a board the least memory. */
export interface Device {
    perform: Perform;
    session: Session;
    /** what came up while outputs are being done, and waits for its turn; undefined: none are */
    inputs: Input[] | undefined;
}

/** What a board reports: "linkUp" and the address, "linkDown", "resolved" and the address or nothing, "opened", "bytes" and the octets, "closed". */
export type Report = (this: void, type: Input["type"], value?: string) => void;

/** See `say` below. */
export type Say = (this: void, topic: Saying["topic"], payload: Bytes) => boolean;

/** What a platform's functions have in common when they are called by name. */
type Act = (this: void, what: string, value: Output["value"], more: Bytes | undefined) => boolean;

export function createDevice(
    perform: Perform,
    body: Body,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
): Device {
    const session = createSession(body, settings, credentials, memory, perform("nowMs"));
    return { perform: perform, session: session, inputs: undefined };
}

/**
 * Feeds inputs to `step`, does the outputs in their order, and arms the one timer. An input that comes up while outputs are being
 * done (a handler says something, a socket fails at once) waits for its turn.
 */
function run(device: Device, input: Input): void {
    const perform = device.perform;
    if (device.inputs !== undefined) {
        device.inputs.push(input);
        return;
    }
    const inputs = [input];
    device.inputs = inputs;
    while (inputs.length > 0) {
        const next = inputs.shift()!;
        if (next.type === "opened") next.value = perform("about");
        for (const output of step(device.session, next, perform("nowMs"))) {
            const done = (perform as Act)(output.type, output.value, output.more);
            if (output.type === "handle") inputs.push({ type: "handled", value: done });
            if (output.value === "credentials") inputs.push({ type: "saved", value: done });
        }
    }
    device.inputs = undefined;
    perform("wakeAfter", wakeAfterMs(device.session, perform("nowMs")));
}

/** What happened on the board: see `Report`; and "tick", when the platform's timer went off. */
export function report(device: Device, type: Input["type"], value?: string): void {
    run(device, { type: type, value: value } as Input);
}

/** Says something: see device/say.ts for the payloads. False: too much is waiting to be said, or it is too large for a packet. */
export function say(device: Device, topic: Saying["topic"], payload: Bytes): boolean {
    if (!canSay(device.session, payload, device.inputs === undefined ? 0 : device.inputs.length)) return false;
    run(device, { type: "said", value: { topic: topic, payload: payload, packetId: 0 } });
    return true;
}
