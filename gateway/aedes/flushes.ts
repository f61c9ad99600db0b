/**
 * Connections on which something was written in this turn of the event loop. All of it goes out at the turn's end, one write for each:
 * a commit answers many PUBLISHes at once, and frees many pushes.
 */
export class Flushes {
    #waiting: { flush(): void }[] = [];

    add(connection: { flush(): void }): void {
        if (this.#waiting.push(connection) > 1) return;
        setImmediate(() => {
            const waiting = this.#waiting;
            this.#waiting = [];
            for (const one of waiting) one.flush();
        });
    }
}
