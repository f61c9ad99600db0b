import type { Settings } from "../core/settings.ts";
import type { Report } from "../drive.ts";

/** What the board's parts need. */
export interface Wires {
    report: Report;
    settings: Settings;
}

/*
 * A board is one device, so what it has open stands in variables and not in closures: a function that is only called is read from flash
 * for the call (bundler/lua/overlay.ts), and only what the firmware calls has to stay in memory.
 */
export const wires = {} as Wires;
