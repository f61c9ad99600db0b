import type { Push } from "../core/events.ts";
import type { Settings } from "../core/settings.ts";
import type { Device } from "../drive.ts";

/*
 * A board is one device, so what it has open stands here and not in closures: a function that is kept, or made in another, takes
 * four variables or more of an ESP8266's 1,600, and one that is only called takes none (bundler/espruino/overlay.ts).
 */

/** What the application is called with. */
export type Handler = (push: Push) => void;

/**
 * What the platform needs: the device that it reports to, its settings, the interval that wakes it, and the handler in flash, if there is
 * one, or why it does not run.
 */
export interface Wires {
    device: Device;
    settings: Settings;
    timer: number;
    app?: Handler;
    failure?: string;
}

export const wires = {} as Wires;

/** The firmware's module. */
export const wifi = require("Wifi");
