import type { Directory } from "../directory/directory.ts";
import { permits } from "../directory/tokens.ts";
import { GatewayError } from "../error.ts";
import type { Shares } from "../limits/shares.ts";
import type { Throttle } from "../limits/throttle.ts";
import type { Draft } from "../message.ts";
import type { Appended } from "../ports/backlog.ts";
import type { Route } from "../registration.ts";
import type { Caller } from "../token.ts";
import type { Queue } from "./queue.ts";
import type { StoreRoom } from "./store-room.ts";

/** The one way in for messages, whatever door they come through. */
export interface Intake {
    /**
     * Checks the sender's right and its limits, stores the message, and notifies delivery. Resolves after the commit.
     * @throws GatewayError forbidden, unknown_number, too_many with the seconds to wait, unavailable when the store is full, and those of Queue.append
     */
    accept(sender: Caller, draft: Draft): Promise<Appended>;
}

export interface IntakeOptions {
    directory: Pick<Directory, "recipient" | "knownRecipient">;
    queue: Queue;
    shares: Shares;
    throttle: Throttle;
    room: Pick<StoreRoom, "check" | "accepted">;
    /** called after the commit. @returns whether the number's device is connected */
    notify: (appended: Appended) => boolean;
}

/** A board as a sender: it may send to every number. */
export function boardSender(route: Route): Caller {
    return { id: route, role: "sender", pattern: "*" };
}

export function createIntake({ directory, queue, shares, throttle, room, notify }: IntakeOptions): Intake {
    return {
        async accept(sender, draft) {
            if (!permits(sender, "send", draft.to)) {
                throw new GatewayError("forbidden", "This token may not send to that number: ask for one that may.");
            }
            // Usually only the store has to be awaited.
            const wait = shares.enter(sender.id);
            try {
                if (wait !== undefined) await wait;
                const recipient = directory.knownRecipient(draft.to) ?? (await directory.recipient(draft.to));
                room.check();
                return await throttle.run(sender.id, draft.to, async () => {
                    const appended = await queue.append(recipient, draft, sender.id);
                    room.accepted();
                    return { result: appended, inVain: inVain(appended, notify(appended)) };
                });
            } finally {
                shares.leave(sender.id);
            }
        },
    };
}

/** How many messages this one ended that nobody got. A device that is connected is behind at times: then replacing is what a collapse key is for. */
function inVain({ repeated, message, collapsed, dropped }: Appended, connected: boolean): number {
    if (repeated) return 0;
    const nowOrNever = message.expiresMs <= message.acceptedMs ? 1 : 0;
    return dropped.length + (connected ? 0 : collapsed.length + nowOrNever);
}
