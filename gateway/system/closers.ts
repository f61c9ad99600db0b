import type { Log } from "../log.ts";

/** What has to be closed when the gateway ends, or when its start fails halfway. */
export class Closers {
    readonly #log: Log;
    readonly #closers: (() => unknown)[] = [];
    #closing: Promise<void> | undefined;

    constructor(log: Log) {
        this.#log = log;
    }

    /** @param close of a part that is open now; may return a promise */
    push(close: () => unknown): void {
        this.#closers.push(close);
    }

    /** Closes every part, the last one opened first; one that fails does not keep the others open. May be called again. */
    close(): Promise<void> {
        return (this.#closing ??= this.#closeAll());
    }

    async #closeAll(): Promise<void> {
        for (const close of this.#closers.reverse()) {
            try {
                await close();
            } catch (error) {
                this.#log.error({ error }, "a part did not close as it should");
            }
        }
    }
}
