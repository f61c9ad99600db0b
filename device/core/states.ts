import type { Bytes } from "../../shared/bytes.ts";
import type { Urgency } from "../../shared/push/message.ts";

/** The state of the connection. There is no other flag of it anywhere. */
export type State = "offline" | "resolving" | "dialing" | "connecting" | "subscribing" | "online" | "waiting";

/** What can happen to a connection. `late`: a deadline passed. `enrolled`: the device has credentials, and connects with them. */
export type Event =
    | "linkUp"
    | "linkDown"
    | "resolved"
    | "opened"
    | "accepted"
    | "refused"
    | "subscribed"
    | "rejected"
    | "garbled"
    | "closed"
    | "late"
    | "enrolled";

/** What the application asks the device to say. Kept until the gateway has acknowledged it, over any number of connections. */
export type Say =
    /** the person has read it: the sender's receipt says so */
    | { say: "read"; sequence: number }
    /** a message to another number */
    | { say: "msg"; to: string; body: string; title?: string; urgency?: Urgency; collapseKey?: string; ttlS?: number };

/** A push as the application gets it. All text is octets of UTF-8. */
export interface Push {
    sequence: number;
    body: Bytes;
    title?: Bytes;
    urgency: Urgency;
    from?: Bytes;
    collapseKey?: Bytes;
}

/** What goes into `step`. */
export type Input =
    | { type: "linkUp"; address: string }
    | { type: "linkDown" }
    /** the name's address; undefined: it could not be resolved */
    | { type: "resolved"; address: string | undefined }
    /** with what a registration tells of the board; `drive` measures it */
    | { type: "opened"; freeOctets?: number; signalDbm?: number }
    | { type: "closed" }
    | { type: "bytes"; data: Bytes }
    /** the handler returned, or threw: `failed` */
    | { type: "handled"; sequence: number; failed?: boolean }
    /** a slot is in flash */
    | { type: "saved"; slot: Slot }
    | { type: "tick" }
    | { type: "say"; what: Say };

export type Slot = "credentials" | "session";

/** What comes out of `step`, to be done in order. */
export type Output =
    | { type: "resolve"; host: string }
    | { type: "dial"; address: string; port: number }
    | { type: "hangUp" }
    | { type: "send"; data: Bytes }
    | { type: "deliver"; message: Push }
    /** write it to flash and report `saved` */
    | { type: "save"; slot: Slot; json: Bytes }
    /** for the screen: the state, and a sentence when something is wrong */
    | { type: "state"; state: State; why?: string }
    /** messages were dropped from the backlog: for the screen */
    | { type: "overflow"; dropped: number; from: number; to: number };

/**
 * The whole connection machine: state × event → next state. What is not listed ends the connection: it is a deadline that
 * passed, a refusal, a socket that died, or a peer that breaks the protocol, and all of them are cured by trying again later.
 * `linkUp` while connected is a new address: the old socket is dead though nothing closed it. Code and not a table of
 * objects, because a table is copied into the few variables of an ESP8266; test/device/states.test.ts writes it out.
 */
export function nextState(state: State, event: Event): State {
    if (event === "linkDown") return "offline";
    if (state === "offline") return event === "linkUp" ? "waiting" : "offline";
    if (state === "waiting" && event === "late") return "resolving";
    if (state === "resolving" && event === "resolved") return "dialing";
    if (state === "dialing" && event === "opened") return "connecting";
    if (state === "connecting" && event === "accepted") return "subscribing";
    if (state === "subscribing" && event === "subscribed") return "online";
    return "waiting";
}
