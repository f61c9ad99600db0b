/** Requests that are begun in one turn of the event loop. At some 0.2 ms each, what else came in that turn waits for a few of them. */
const REQUESTS_A_TURN = 16;

/**
 * Lets so many requests begin in each turn of the event loop: a flood of them comes hundreds at a time, and pings and pushes would have
 * to wait until all of them are answered.
 */
export class Turns {
    #begun = 0;
    #next: (() => void)[] = [];
    #ending = false;

    /** Calls `go` at once, or in the order of arrival in one of the next turns. */
    take(go: () => void): void {
        if (this.#begun < REQUESTS_A_TURN) {
            this.#begun++;
            go();
        } else {
            this.#next.push(go);
        }
        if (this.#ending) return;
        this.#ending = true;
        setImmediate(() => this.#turn());
    }

    #turn(): void {
        const now = this.#next.splice(0, REQUESTS_A_TURN);
        this.#begun = now.length;
        this.#ending = now.length > 0;
        if (this.#ending) setImmediate(() => this.#turn());
        for (const go of now) go();
    }
}
