import type { Bytes } from "../../shared/bytes.ts";
import type { Urgency } from "../../shared/push/message.ts";

/** A push as the application gets it. All text is octets of UTF-8. */
export interface Push {
    sequence: number;
    body: Bytes;
    title: Bytes | undefined;
    urgency: Urgency | undefined;
    from: Bytes | undefined;
    collapseKey: Bytes | undefined;
}

/** What goes into `step`. */
export type Input =
    /** the link has this address; a board may say so as often as it likes */
    | { type: "linkUp"; value: string }
    | { type: "linkDown"; value?: undefined }
    /** the name's address; undefined: it could not be resolved */
    | { type: "resolved"; value: string | undefined }
    /** with what only the board knows of itself: see `Platform.about` */
    | { type: "opened"; value: Bytes }
    | { type: "closed"; value?: undefined }
    | { type: "bytes"; value: Bytes }
    /** the handler returned: true; it threw: false */
    | { type: "handled"; value: boolean }
    /** the credentials are in flash: true; they could not be written: false */
    | { type: "saved"; value: boolean }
    | { type: "said"; value: Saying }
    | { type: "tick"; value?: undefined };

/** What a device says of its own accord, kept until the gateway has acknowledged it, over any number of connections. */
export interface Saying {
    topic: "read" | "nack" | "msg";
    /** flat JSON */
    payload: Bytes;
    /** on the connection that is open; 0: not written on it yet */
    packetId: number;
}

/** Slots in flash that the core writes. "config" is the person's. */
export type Slot = "credentials" | "session";

/** What comes out of `step`, to be done in order: the platform's function of that name, and its arguments. */
export interface Output {
    type: "resolve" | "dial" | "send" | "hangUp" | "handle" | "save" | "show";
    /** octets, a push, or a slot's name */
    value?: Bytes | Push;
    more?: Bytes;
}
