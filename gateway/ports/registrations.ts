import type { E164 } from "../number.ts";
import type { NumberRange } from "../number-range.ts";
import type { Recipient, Registration, Route } from "../registration.ts";

export interface NewRegistration {
    number: E164;
    route: Route;
    secretHash: string;
    label?: string;
    provisional: boolean;
    createdMs: number;
    epoch: number;
    /** the backlog of the number's earlier registration: "drop" ends its messages as dropped, "keep" moves them over in their order */
    backlog: "drop" | "keep";
}

export interface Registered {
    registration: Registration;
    /** the number's earlier registration */
    ended?: Registration;
    /** how many of the earlier registration's messages were dropped */
    dropped: number;
}

/** Some registrations in the order of their numbers: those of a range, or all, behind `after`. */
export interface RegistrationPage extends Partial<NumberRange> {
    after?: E164;
    limit: number;
}

/** What a connect is checked by. */
export type Credentials = Pick<Registration, "route" | "number" | "secretHash" | "nextSecretHash" | "provisional">;

/** What a rotation or a first connect changes. */
export interface CredentialChange {
    secretHash?: string;
    /** null: none */
    nextSecretHash?: string | null;
    provisional?: boolean;
}

/** The registrations that messages went to lately, kept in memory. */
export interface Recipients {
    /** Undefined: not known here, so `find` has to look. */
    known(number: string): Recipient | undefined;
    /** Undefined: nobody has the number. Who asks first goes on first. */
    find(number: E164): Promise<Recipient | undefined>;
}

/** Number ↔ route ↔ secret. */
export interface RegistrationStore {
    /** Adds a registration and ends the number's earlier one in the same transaction (that route never comes back). */
    register(registration: NewRegistration): Promise<Registered>;
    /** Ends the number's registration and drops its backlog. Undefined: there was none. */
    unregister(number: E164, atMs: number): Promise<Registration | undefined>;
    /** Ends, as `unregister` does, at most `limit` registrations without contact since `beforeMs` (or, without any contact, made before). @returns them */
    retire(beforeMs: number, atMs: number, limit: number): Promise<Registration[]>;
    byNumber(number: E164): Promise<Registration | undefined>;
    byRoute(route: Route): Promise<Registration | undefined>;
    /** As `byRoute`, but only what each connect needs. */
    credentials(route: Route): Promise<Credentials | undefined>;
    list(page: RegistrationPage): Promise<Registration[]>;
    /** True while some earlier registration of the number existed and none does now. */
    wasRegistered(number: E164): Promise<boolean>;
    /** Undefined: none. False: nobody has the number. */
    setLabel(number: E164, label: string | undefined): Promise<boolean>;
    /** False: the registration has ended, or its secretHash is no longer `expected`; nothing was changed. */
    changeCredentials(route: Route, expected: string, change: CredentialChange): Promise<boolean>;
}
