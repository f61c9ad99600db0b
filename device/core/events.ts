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

/** What an application gets to know of its message: the id that it was accepted with, or why it was refused for good. */
export type Done = (this: void, why: Bytes | undefined, id?: Bytes) => void;

/** How a handler took a push: it returned (true), it threw (false), or it returned `false`, to have it again later. */
export type Taken = boolean | "later";

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
    | { type: "handled"; taken: Taken }
    /** the answer to `describe`; also unasked, when the application has begun to take messages */
    | { type: "described"; about: Bytes }
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
    | { type: "settled"; done: Done; why: Bytes | undefined; id: Bytes | undefined }
    | { type: "describe" }
    | { type: "save"; slot: Slot; json: Bytes }
    | { type: "state"; state: string; text: string | undefined };
