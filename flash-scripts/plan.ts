import type { Settings } from "../device/core/settings.ts";
import { frame } from "../device/slots.ts";
import type { BoardKind } from "./boards.ts";

/** What is to be put on a board. */
export interface Plan {
    board: BoardKind;
    /** a serial port's path, or tcp://host:port for a serial server */
    port: string;
    /** what was built for the board, octets by file name */
    bundle: Map<string, Buffer>;
    settings: Settings;
    credentials: { route: string; secret: string };
    /** the application's octets; undefined: the board keeps the one it has */
    app: Buffer | undefined;
    /** the application of a board that has none */
    firstApp: Buffer;
}

/** What happens to the board, for a person who waits. */
export interface Progress {
    /** a line, such as the firmware's version */
    note(text: string): void;
    /** octets of all that is to be sent; called often */
    sent(octets: number, of: number): void;
}

/** A sentence for the person at the command line. */
export class FlashError extends Error {}

/** Text as a board has it: one character for each octet of UTF-8. */
export function octetsOf(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

/**
 * The files of the slots. Each name has two: the first is the new text, the second is empty, so that the first counts. What the board
 * remembers of its messages belongs to the route that it had, and goes.
 */
export function slotFiles({ settings, credentials }: Plan): [name: string, octets: Buffer][] {
    const slots = [
        ["config", octetsOf(JSON.stringify(settings))],
        ["credentials", JSON.stringify(credentials)],
    ];
    const none = Buffer.alloc(0);
    return [
        ...slots.flatMap(([name, text]): [string, Buffer][] => [
            [`toque-${name}0`, Buffer.from(frame(1, text!), "latin1")],
            [`toque-${name}1`, none],
        ]),
        ["toque-session0", none],
        ["toque-session1", none],
    ];
}
