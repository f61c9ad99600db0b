import type { Bytes } from "../../shared/bytes.ts";
import type { Urgency } from "../../shared/push/message.ts";
import type { OutgoingTopic } from "../../shared/push/topics.ts";

/** A push as the application gets it. All text is octets of UTF-8. */
export interface Push {
    sequence: number;
    body: Bytes;
    title: Bytes | undefined;
    urgency: Urgency | undefined;
    from: Bytes | undefined;
    collapseKey: Bytes | undefined;
}

/** What an application gets to know of its message: nothing when it was accepted, or why it was refused for good. */
export type Done = (this: void, why: Bytes | undefined) => void;

/** What goes through the outbox. The payload is flat JSON. */
export type SayTopic = Exclude<OutgoingTopic, "reg">;

/** Slots in flash that the core writes. "config" is the person's. */
export type Slot = "credentials" | "session";

/** What goes into `step`: what happened. */
export type Input =
    /** the link has this address; a board may report it as often as it likes */
    | { type: "linkUp"; address: string }
    | { type: "linkDown" }
    /** the address of the name that was asked for; undefined: it could not be resolved */
    | { type: "resolved"; address: string | undefined }
    /** the connection is open; `about` has the registration's pairs that only the board knows: see device/platform.ts */
    | { type: "opened"; about: Bytes }
    | { type: "closed" }
    | { type: "bytes"; data: Bytes }
    /** the handler returned: true; it threw: false */
    | { type: "handled"; shown: boolean }
    /** the credentials are in flash: true; they could not be written: false */
    | { type: "saved"; safe: boolean }
    /** the application has something to publish */
    | { type: "say"; topic: SayTopic; payload: Bytes; done?: Done }
    /** the step before was ended somewhere in the middle, and its outputs were not all performed: see device/drive.ts */
    | { type: "interrupted" }
    /** time has passed */
    | { type: "tick" };

/** What comes out of `step`, to be performed in order: see device/platform.ts. */
export type Output =
    | { type: "resolve"; host: string }
    | { type: "dial"; address: string }
    | { type: "hangUp" }
    | { type: "send"; data: Bytes }
    | { type: "deliver"; message: Push }
    | { type: "settled"; done: Done; why: Bytes | undefined }
    | { type: "save"; slot: Slot; json: Bytes }
    | { type: "state"; state: string; text: string | undefined };
