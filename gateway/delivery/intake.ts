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

/** The one way in for messages, whatever door they come through. */
export interface Intake {
    /**
     * Checks the sender's right and its limits, stores the message, and notifies delivery. Resolves after the commit.
     * @throws GatewayError forbidden, unknown_number, too_many with the seconds to wait, and those of Queue.append
     */
    accept(sender: Caller, draft: Draft): Promise<Appended>;
}

export interface IntakeOptions {
    directory: Pick<Directory, "recipient">;
    queue: Queue;
    shares: Shares;
    throttle: Throttle;
    /** called after the commit */
    notify: (appended: Appended) => void;
}

/** A board as a sender: it may send to every number. */
export function boardSender(route: Route): Caller {
    return { id: route, role: "sender", pattern: "*" };
}

export function createIntake({ directory, queue, shares, throttle, notify }: IntakeOptions): Intake {
    return {
        async accept(sender, draft) {
            if (!permits(sender, "send", draft.to)) {
                throw new GatewayError("forbidden", "This token may not send to that number: ask for one that may.");
            }
            return shares.run(sender.id, async () => {
                const registration = await directory.recipient(draft.to);
                const append = () => queue.append(registration, draft, sender.id);
                const appended = await throttle.run(sender.id, draft.to, append);
                notify(appended);
                return appended;
            });
        },
    };
}
