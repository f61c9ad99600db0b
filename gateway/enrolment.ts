import type { E164 } from "./number.ts";
import type { Registration, Route } from "./registration.ts";

/** A registration just made: the one time that its secret is known here. */
export interface Enrolled {
    route: Route;
    secret: string;
    registration: Registration;
    /** the number's registration before, ended now: its connection has to be closed */
    ended?: Registration;
}

export interface Enrolment {
    /**
     * Makes a one-time code: 8 digits, valid for 10 minutes and 5 tries; an older one of the number is void.
     * @throws GatewayError too_many: one a minute and three an hour; the sentence says when the next is possible
     */
    createCode(number: E164, options?: { keepBacklog?: boolean }): Promise<{ code: string; expiresMs: number }>;
    /** Registers the chip that shows the code. Undefined: refused, and nobody learns why. The secret is provisional until it is used. */
    redeem(number: E164, code: string, chip: string): Promise<Enrolled | undefined>;
}
