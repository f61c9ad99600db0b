import type { E164 } from "../number.ts";
import type { NewRegistration, Registered } from "./registrations.ts";

/** A one-time code as it is stored. */
export interface EnrolCode {
    number: E164;
    codeHash: string;
    createdMs: number;
    expiresMs: number;
    /** wrong tries that it bears still, of all networks together */
    triesLeft: number;
    /** the chip that redeemed it: the same one may again while its registration is provisional */
    chip?: string;
    keepBacklog: boolean;
}

/** From where a code is tried. */
export interface TriedFrom {
    network: string;
    /** wrong tries at one code that such a network has: with more it is refused, and others are not */
    mostTries: number;
}

/** One-time codes. */
export interface CodeStore {
    add(code: EnrolCode): Promise<void>;
    /** Codes of a number made since `sinceMs`, newest first: for the limits, and to redeem the newest. */
    list(number: E164, sinceMs: number): Promise<EnrolCode[]>;
    /**
     * In one transaction: the newest code of the number still valid, its try counted for the network and in all; if the hash fits (or fits again for the same
     * chip while its registration is provisional), the registration is made and the code bound to the chip.
     */
    redeem(
        number: E164,
        codeHash: string,
        chip: string,
        from: TriedFrom,
        registration: NewRegistration,
    ): Promise<Registered | undefined>;
}
