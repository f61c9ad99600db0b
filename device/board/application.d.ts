/*
 * What an application calls, for its compiler. docs/boards.md has it for people; test/device/board-types.ts checks that it is what
 * device/application.ts does. All text is octets of UTF-8: `length` counts octets on a board.
 */

/** How urgent a message is. Without one it is "normal". */
export type Urgency = "very-low" | "low" | "normal" | "high";

/** How the connection is. Messages come while it is "online". */
export type State = "offline" | "waiting" | "resolving" | "dialing" | "connecting" | "subscribing" | "online";

/** A message for this board. */
export interface Message {
    /** 1 and up; `toque.read` wants it */
    sequence: number;
    body: string;
    title: string | undefined;
    /** undefined: normal */
    urgency: Urgency | undefined;
    /** the sender's number, if the sender is one: "+34600111222" */
    from: string | undefined;
    /** a newer message with the same key takes its place while it waits */
    collapseKey: string | undefined;
}

/**
 * Takes a message. It is delivered when this returns. `false`: not now, bring it again in half a minute. An error: Toque calls this again,
 * twice, and then the sender's receipt is `failed`.
 */
export type MessageHandler = (this: void, message: Message) => unknown;

/** Is called when the connection changes. @param why in a few words, where there is a reason */
export type StateHandler = (this: void, state: string, why: string | undefined) => void;

/** A message to another number. */
export interface OwnMessage {
    /** a number with its country code: "+34600111222" */
    to: string;
    body: string;
    title?: string;
    urgency?: Urgency;
    /** a newer message of yours with the same key takes its place while it waits */
    collapseKey?: string;
    /** seconds that it may wait at the gateway, a whole number; without it, a day */
    ttl?: number;
    /** your own name for it: sent twice, it is accepted once */
    id?: string;
}

/** What became of a message. @param why an error code such as "unknown_number"; undefined: accepted @param id of the accepted message */
export type Done = (this: void, why: string | undefined, id?: string) => void;

/** How the board is. */
export interface Status {
    /** one of `State` */
    state: string;
    /** the board's own, with its country code */
    number: string | undefined;
    /** host and port */
    gateway: string;
    /** Toque's version */
    version: string;
    firmware: string;
    /** free memory, in octets */
    free: number;
    /** of the last message that the handler took; 0: none */
    sequence: number;
}

/** What `toque.save("config", …)` set. */
export interface Settings {
    /** the gateway's name or address, and its port */
    host: string;
    port: number;
    /** the board's own, with its country code */
    number?: string;
    /** one-time code, until the board has a secret */
    code?: string;
    ssid?: string;
    password?: string;
    keepAliveS?: number;
    /** the CA to trust, DER in base64 */
    ca?: string;
}

/** The global `toque`, and the module `toque`. A wrong argument is thrown as a text that names it. */
export interface Toque {
    on: {
        /** Takes messages from now on. A second handler takes the first one's place. Until there is one, messages wait at the gateway. */
        (this: void, event: "message", handler: MessageHandler): void;
        /** Tells of each change of the connection. A second handler takes the first one's place. */
        (this: void, event: "state", handler: StateHandler): void;
    };
    /**
     * Sends a message to another number.
     * @param done is called once, when the gateway has accepted or refused it, also after a reconnect
     * @returns false: too much waits to be sent, or it is too large; `done` is not called then
     */
    send: (this: void, message: OwnMessage, done?: Done) => boolean;
    /** The person has read the message: the sender's receipt shows it. @returns false: too much waits to be sent, try later */
    read: (this: void, sequence: number) => boolean;
    status: (this: void) => Status;
    /** Seconds since 1970, by the gateway's clock. Undefined: the gateway was not reached since the start. */
    time: (this: void) => number | undefined;
    /** As they were at the start. */
    settings: Settings;
    /** Writes a slot of the flash: `toque.save("config", '{"host":"192.168.1.5",…}')`, used after the next start. @returns false: no room */
    save: (this: void, slot: string, json: string) => boolean;
}
