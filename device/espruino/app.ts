import type { Push } from "../core/states.ts";

/** The application's file in Storage: a module whose exports is the handler. */
const APP = "toque-app";

export type Handler = (message: Push) => void;

/** The handler in flash, if there is one that starts. */
export function loadApp(): Handler | undefined {
    if (require("Storage").read(APP) === undefined) return undefined;
    try {
        return require(APP) as Handler;
    } catch (error) {
        print("toque: " + APP + " does not start: " + String(error));
        return undefined;
    }
}

function show(message: Push): void {
    const from = message.from === undefined ? "" : " from " + message.from;
    const title = message.title === undefined ? "" : message.title + ": ";
    print("toque: message " + message.sequence + from + ": " + title + message.body);
}

/** Calls the handler: the one in flash, or the global `onPush`, or the screen. False: it threw. */
export function handle(app: Handler | undefined, message: Push): boolean {
    const onPush = app === undefined ? global.onPush : app;
    try {
        if (typeof onPush === "function") (onPush as Handler)(message);
        else show(message);
    } catch (error) {
        print("toque: the handler threw: " + String(error));
        return false;
    }
    return true;
}
