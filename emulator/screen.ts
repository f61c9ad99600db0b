import { EventEmitter } from "node:events";
import type { Push } from "../device/core/events.ts";
import type { DeviceEvents, Shown, StateName, TextPush } from "./device.ts";
import { Hands } from "./hands.ts";

const STATES: readonly string[] = ["offline", "resolving", "dialing", "connecting", "subscribing", "online", "waiting"];

/** An error that nobody caught on Espruino, and what NodeMCU's init.lua prints. */
const FAILURE = /^(?:Uncaught |toque: the application does not run, so messages wait: )(.*)$/;

/** Octets of UTF-8 as text. */
export function decodeText(octets: string): string {
    return Buffer.from(octets, "latin1").toString("utf8");
}

function textOf(octets: Push): TextPush {
    const { body, title, from, collapseKey } = octets;
    const text = (of: string | undefined): string | undefined => (of === undefined ? undefined : decodeText(of));
    return {
        ...octets,
        body: decodeText(body),
        title: text(title),
        from: text(from),
        collapseKey: text(collapseKey),
        octets,
    };
}

/**
 * A board's screen, read line by line. The bundle prints `toque: <state>` and `toque: <state>: <sentence>`. What the emulator adds
 * (watch.js, watch.lua) prints each push that the application's handler is given as pieces of hexadecimal, then the push itself, since text may be of any octets:
 *
 *     #b 48656c6c6f      a piece of the body; #t of the title, #f of from, #k of the collapseKey
 *     #push 12 normal    sequence and urgency ("-": none): the push is whole
 */
export class Screen {
    readonly events: EventEmitter<DeviceEvents> = new EventEmitter();
    readonly shown: Push[] = [];
    readonly states: Shown[] = [];
    readonly lines: string[] = [];
    /** What is wired to the board: gets the lines that are for it (emulator/hands.ts). */
    readonly hands: Hands = new Hands();
    /** Pushes are given as text. */
    asText = false;
    /** First line of the error that ended a part of the application since the power came on. */
    failure: string | undefined;
    #pieces: Record<string, string> = {};
    #rest = "";

    /** Takes octets as they come, lines in any split. */
    feed(octets: string): void {
        const lines = (this.#rest + octets).split("\n");
        this.#rest = lines.pop() ?? "";
        for (const line of lines) this.print(line.replace(/\r$/, ""));
    }

    /** Takes one line, in octets. */
    print(line: string): void {
        if (this.hands.take(line)) {
            this.events.emit("hands");
            return;
        }
        const piece = /^#([btfk]) ([0-9a-f]*)$/.exec(line);
        const push = /^#push (\d+) (-|very-low|low|normal|high)$/.exec(line);
        if (piece !== null) this.#pieces[piece[1]!] = (this.#pieces[piece[1]!] ?? "") + piece[2]!;
        else if (push !== null)
            this.#takePieces(Number(push[1]), push[2] === "-" ? undefined : (push[2] as Push["urgency"]));
        else this.#takeLine(decodeText(line));
    }

    #takePieces(sequence: number, urgency: Push["urgency"]): void {
        const text = (name: string): string | undefined => {
            const hex = this.#pieces[name];
            return hex === undefined ? undefined : Buffer.from(hex, "hex").toString("latin1");
        };
        this.takePush({
            sequence,
            body: text("b") ?? "",
            title: text("t"),
            urgency,
            from: text("f"),
            collapseKey: text("k"),
        });
        this.#pieces = {};
    }

    /** Takes a push that the application was given. */
    takePush(octets: Push): void {
        const push = this.asText ? textOf(octets) : octets;
        this.shown.push(push);
        this.events.emit("push", push);
    }

    #takeLine(line: string): void {
        const words = /^toque: ([a-z]+)(?:: (.*))?$/.exec(line);
        const shown =
            words !== null && STATES.includes(words[1]!) ? { state: words[1] as StateName, why: words[2] } : undefined;
        this.failure ??= FAILURE.exec(line)?.[1];
        // listeners see all of it already there
        this.lines.push(line);
        if (shown !== undefined) this.states.push(shown);
        this.events.emit("line", line);
        if (shown !== undefined) this.events.emit("state", shown);
    }
}
