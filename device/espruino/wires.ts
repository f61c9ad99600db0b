import type { Application, Interface } from "../application.ts";
import type { Settings } from "../core/settings.ts";
import type { Device } from "../drive.ts";

/*
 * A board is one device, so what it has open stands here and not in closures: a function that is kept, or made in another, takes
 * four variables or more of an ESP8266's 1,600, and one that is only called takes none (bundler/espruino/overlay.ts).
 */

/**
 * The global `toque`. An image of `save()` brings it back, with the application's handlers and the interval that wakes the device; all the
 * rest is made anew.
 */
export interface Toque extends Application, Interface {
    timer?: number;
}

/** What the platform needs: the device that it reports to, its settings, and the application. */
export interface Wires {
    device: Device;
    settings: Settings;
    application: Toque;
}

export const wires = {} as Wires;

/** The firmware's module. */
export const wifi = require("Wifi");
