import type { Bytes } from "../shared/bytes.ts";
import type { Input, Output, Saying } from "./core/events.ts";
import { canSay } from "./core/outbox.ts";
import { createSession } from "./core/session.ts";
import type { Body, Credentials, Memory, Settings } from "./core/settings.ts";
import { step, wakeAfterMs } from "./core/step.ts";
import type { Platform } from "./platform.ts";

/** A running device, as a board's `main` and an application see it. */
export interface Device {
    /** What the board reports: "linkUp" and the address, "linkDown", "resolved" and the address or nothing, "opened", "bytes" and the octets, "closed". */
    report: (this: void, type: Input["type"], value?: string) => void;
    /** The platform's timer went off. */
    wake: (this: void) => void;
    /** Says something: see device/say.ts for the payloads. False: too much is waiting to be said, or it is too large for a packet. */
    say: (this: void, topic: Saying["topic"], payload: Bytes) => boolean;
}

/** What a platform's functions have in common when they are called by name. */
type Act = (this: void, value: Output["value"], more: Bytes | undefined) => boolean | undefined;

/**
 * Feeds inputs to `step`, does the outputs in their order, and arms the one timer. An input that comes up while outputs are being
 * done (a handler says something, a socket fails at once) waits for its turn.
 */
export function drive(
    platform: Platform,
    body: Body,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
): Device {
    const session = createSession(body, settings, credentials, memory, platform.nowMs());
    const inputs: Input[] = [];
    let busy = false;

    function run(input: Input): void {
        inputs.push(input);
        if (busy) return;
        busy = true;
        while (inputs.length > 0) {
            const next = inputs.shift()!;
            if (next.type === "opened") next.value = platform.about();
            for (const output of step(session, next, platform.nowMs())) {
                const act = (platform as unknown as Record<Output["type"], Act>)[output.type];
                const done = act(output.value, output.more) as boolean;
                if (output.type === "handle") inputs.push({ type: "handled", value: done });
                if (output.value === "credentials") inputs.push({ type: "saved", value: done });
            }
        }
        busy = false;
        platform.wakeAfter(wakeAfterMs(session, platform.nowMs()));
    }

    function report(type: Input["type"], value?: string): void {
        run({ type: type, value: value } as Input);
    }

    function wake(): void {
        report("tick");
    }

    function say(topic: Saying["topic"], payload: Bytes): boolean {
        if (!canSay(session, payload, inputs.length)) return false;
        run({ type: "said", value: { topic: topic, payload: payload, packetId: 0 } });
        return true;
    }

    return { report: report, wake: wake, say: say };
}
