import { plain, plainJson } from "../shared/terminal.ts";

/** The demo's last line. */
export interface Sum {
    accepted: number;
    shown: number;
    lost: number;
    shownTwice: number;
}

/** A timeline for a person, or one JSON object a line for a program. Milliseconds count from its start. */
export class Timeline {
    readonly #json: boolean;
    readonly #startMs = performance.now();

    constructor(json: boolean) {
        this.#json = json;
        if (!json) console.log("     ms  who      what\n");
    }

    note(who: string, event: string, text: string): void {
        const atMs = Math.round(performance.now() - this.#startMs);
        if (this.#json) console.log(plainJson(JSON.stringify({ event, atMs, who, text })));
        else console.log(`${String(atMs).padStart(7)}  ${who.padEnd(8)} ${event.padEnd(11)} ${plain(text)}`);
    }

    done(sum: Sum): void {
        if (this.#json) {
            console.log(JSON.stringify({ event: "done", ...sum }));
            return;
        }
        const { accepted, shown, lost, shownTwice } = sum;
        console.log(`\n${accepted} accepted, ${shown} shown, ${lost} lost, ${shownTwice} shown twice`);
    }
}
