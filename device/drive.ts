import type { Credentials, Body, Memory, Settings } from "./core/settings.ts";
import type { Input, Say } from "./core/states.ts";
import type { Platform } from "./platform.ts";

/** A running device, as a board's `main` and an application see it. */
export interface Device {
    /** A platform's report: link, look-up, connection. */
    report: (this: void, input: Input) => void;
    /** The platform's timer went off. */
    wake: (this: void) => void;
    /** False: too much is waiting to be said. Try again when something was acknowledged. */
    say: (this: void, what: Say) => boolean;
}
