import type { Bytes } from "../shared/bytes.ts";
import type { Done, Input, SayTopic } from "./core/events.ts";
import { canSay } from "./core/outbox.ts";
import { createSession } from "./core/session.ts";
import type { Session } from "./core/session.ts";
import type { Credentials, Memory, Settings } from "./core/settings.ts";
import { step, wakeAfterMs } from "./core/step.ts";
import type { Platform } from "./platform.ts";

/** A running device: a plain record, and functions that are only called, because that takes a board the least memory. */
export interface Device {
    platform: Platform;
    session: Session;
    /** what came up while outputs are performed, and waits for its turn; undefined: none are */
    inputs: Input[] | undefined;
}

/** What a board calls when something happened; a tick, when its timer went off. */
export type Report = (this: void, input: Input) => void;

export function createDevice(
    platform: Platform,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
): Device {
    const session = createSession(platform, settings, credentials, memory, platform.nowMs());
    return { platform: platform, session: session, inputs: undefined };
}

/**
 * Feeds inputs to `step`, performs the outputs in their order, and arms the one timer. For what a firmware calls a board for, which it does
 * only when nothing else runs: a step that still runs then was interrupted (Ctrl-C on Espruino's console, which no `catch` sees).
 */
export function hear(device: Device, input: Input): void {
    const platform = device.platform;
    const inputs: Input[] = [];
    if (device.inputs !== undefined) {
        inputs.push({ type: "interrupted" });
        for (const one of device.inputs) inputs.push(one);
    }
    inputs.push(input);
    device.inputs = inputs;
    while (inputs.length > 0) {
        for (const output of step(device.session, inputs.shift()!, platform.nowMs())) {
            const done = platform.perform(output);
            if (output.type === "deliver") inputs.push({ type: "handled", taken: done });
            else if (output.type === "save" && output.slot === "credentials")
                inputs.push({ type: "saved", safe: done === true });
        }
    }
    device.inputs = undefined;
    platform.perform({ type: "wake", afterMs: wakeAfterMs(device.session, platform.nowMs()) });
}

/** The same for what may come up while outputs are performed (a handler sends something, a socket fails at once): it waits for its turn. */
export function report(device: Device, input: Input): void {
    if (device.inputs === undefined) hear(device, input);
    else device.inputs.push(input);
}

/**
 * Publishes something: see device/say.ts for the payloads.
 * @param done called when the gateway has acknowledged or refused it, on whatever connection
 * @returns false: too much is waiting in the outbox, or it is too large for a packet
 */
export function say(device: Device, topic: SayTopic, payload: Bytes, done: Done | undefined): boolean {
    if (!canSay(device.session, payload, device.inputs === undefined ? 0 : device.inputs.length)) return false;
    report(device, { type: "say", topic: topic, payload: payload, done: done });
    return true;
}
