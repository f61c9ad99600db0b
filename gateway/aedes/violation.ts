import { CONNACK, type ConnackCode } from "./packet-types.ts";

/** A peer broke the protocol or a bound: its connection ends. The message names the clause, never what the peer sent. */
export class Violation extends Error {
    constructor(message: string) {
        super(message);
        this.name = "Violation";
    }
}

/** A CONNECT that is refused, and why: one of few reasons, which are counted. */
export class Refused extends Error {
    constructor(
        readonly connack: ConnackCode,
        why: string,
    ) {
        super(why);
        this.name = "Refused";
    }
}

/** Nothing is wrong with the client: it may come again later. */
export function later(why: string): Refused {
    return new Refused(CONNACK.unavailable, why);
}
