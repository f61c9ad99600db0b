/** How urgent a push message is, as RFC 8030 §5.3 names it. Absent on the wire: "normal". */
export type Urgency = "very-low" | "low" | "normal" | "high";

/**
 * A push as it travels on the inbox, QoS 1, compact JSON, "n" first (a device reads it from the head of a packet it is
 * about to skip). Absent keys are left out. Text is raw UTF-8.
 */
export interface PushFields {
    /** sequence: 1 and up, within the route's epoch */
    n: number;
    /** body */
    b: string;
    /** title */
    t?: string;
    /** urgency, left out when normal */
    u?: Urgency;
    /** from: the sender's number, set by the gateway */
    f?: string;
    /** collapseKey */
    k?: string;
    /** expires: seconds since 1970-01-01 UTC */
    x?: number;
}

/** The gateway's answer to a registration, QoS 0 on the inbox, before any push. */
export interface HelloFields {
    /** epoch: the store's numbering; when it is another than the device knows, the device forgets its high-water mark */
    e: number;
    /** clock: seconds since 1970-01-01 UTC */
    c: number;
    /** waiting: messages in the backlog; left out where only the clock is sent again */
    w?: number;
    /** delay: base of the backoff in seconds, 2 and up, where many devices would come at once; left out: 1 */
    d?: number;
}

/** A notice that the device's backlog overflowed: QoS 0 on the inbox. Sequences are inclusive. */
export interface OverflowFields {
    /** dropped: how many */
    o: number;
    /** the lowest and the highest sequence among them */
    a: number;
    z: number;
}

/** A new secret (QoS 1 on the inbox: PUBACK means "it is in flash"), or route and secret on `enrol/<chip>`. */
export interface SecretFields {
    /** secret: 128 bit, base64url */
    s: string;
    /** route: on enrolment only */
    r?: string;
}

/** `out/<route>/msg`: a message to another number. `from` is not in it: the gateway sets that. */
export interface SendFields {
    /** idempotency key: a message that is sent again with it, after a lost PUBACK, is accepted once */
    id?: string;
    /** without `id`, both of these are the key: a number the device gives the message, */
    i?: number;
    /** and one that it drew when it booted */
    g?: number;
    /** to: E.164 */
    to: string;
    b: string;
    t?: string;
    u?: Urgency;
    k?: string;
    /** ttlS */
    l?: number;
}

/**
 * What became of a `msg`: QoS 0 on the inbox, before its PUBACK. A PUBACK alone means that the message is accepted. The key is as in
 * SendFields.
 */
export interface OutcomeFields extends Pick<SendFields, "id" | "i" | "g"> {
    /** messageId: it is accepted */
    m?: string;
    /** why it was refused for good: an error code, "unknown_number" above all */
    y?: string;
}

/** `out/<route>/read` */
export interface ReadFields {
    n: number;
}

/** `out/<route>/nack`: the message was not shown. It is parked as failed (expired: as expired). Its PUBACK follows. */
export interface NackFields {
    n: number;
    /** why */
    y: NackWhy;
}

/** "restarted": the board restarted again and again while the application had it. */
export type NackWhy = "handler" | "oversize" | "expired" | "garbled" | "restarted";
