import { canSay } from "./core/outbox.ts";
import { createSession } from "./core/session.ts";
import type { Body, Credentials, Memory, Settings } from "./core/settings.ts";
import { step, wakeAfterMs } from "./core/step.ts";
import type { Input, Output, Say } from "./core/states.ts";
import type { Platform } from "./platform.ts";

/** A running device, as a board's `main` and an application see it. */
export interface Device {
    /** A platform's report: link, look-up, connection. */
    report: (this: void, input: Input) => void;
    /** The platform's timer went off. */
    wake: (this: void) => void;
    /** False: too much is waiting to be said, or it is too large for a packet. Try again when something was acknowledged, or say less. */
    say: (this: void, what: Say) => boolean;
}

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
    const session = createSession(body, settings, credentials, memory);
    const inputs: Input[] = [];
    let busy = false;

    function perform(output: Output): void {
        switch (output.type) {
            case "resolve":
                platform.resolve(output.host);
                break;
            case "dial":
                platform.dial(output.address, output.port);
                break;
            case "hangUp":
                platform.hangUp();
                break;
            case "send":
                platform.send(output.data);
                break;
            case "deliver": {
                const shown = platform.handle(output.message);
                inputs.push({ type: "handled", sequence: output.message.sequence, failed: !shown });
                break;
            }
            case "save":
                if (platform.save(output.slot, output.json)) inputs.push({ type: "saved", slot: output.slot });
                break;
            case "overflow":
                platform.overflow(output.dropped, output.from, output.to);
                break;
            default:
                platform.show(output.state, output.why);
        }
    }

    function report(input: Input): void {
        inputs.push(input);
        if (busy) return;
        busy = true;
        while (inputs.length > 0) {
            const next = inputs.shift()!;
            if (next.type === "opened") {
                next.freeOctets = platform.freeOctets();
                next.signalDbm = platform.signalDbm();
            }
            for (const output of step(session, next, platform.nowMs())) perform(output);
        }
        busy = false;
        platform.wakeAfter(wakeAfterMs(session, platform.nowMs()));
    }

    function wake(): void {
        report({ type: "tick" });
    }

    function say(what: Say): boolean {
        if (!canSay(session, what, inputs.length)) return false;
        report({ type: "say", what: what });
        return true;
    }

    return { report: report, wake: wake, say: say };
}
