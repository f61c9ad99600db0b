/** How long a message waits for others at most; no longer than the last commit took, either. */
const MOST_MS = 8;
/** Messages that make a group whole: the store takes so many in one commit. */
const WHOLE = 1_000;

/**
 * Fills the groups that the store commits: a commit costs nearly the same for one message as for many. A sender often sends its next message
 * as soon as a commit has answered it. So messages that came during the commit wait for as many as it answered, or a moment. A message that
 * comes alone does not wait.
 */
export class GroupCommit {
    #storing = 0;
    #answered = 0;
    #beganMs = 0;
    /** messages that the next commit waits for; 0: for none */
    #expected = 0;
    /** a group began in this turn of the event loop: it is one commit, whatever sockets it came from */
    #beginning = false;
    #waiting: (() => void)[] = [];
    #moment: NodeJS.Timeout | undefined;

    /** Begins a message, which `leave` has to end. @returns undefined: it goes on at once */
    enter(): Promise<void> | undefined {
        if (this.#beginning || (this.#storing === 0 && this.#expected === 0)) return this.#begin(1);
        const waits = new Promise<void>((go) => this.#waiting.push(go));
        const enough = this.#storing === 0 ? Math.min(this.#expected, WHOLE) : WHOLE;
        if (this.#waiting.length >= enough) this.#go();
        return waits;
    }

    /** The store has answered it. */
    leave(): void {
        this.#answered++;
        if (--this.#storing > 0) return;
        const answered = this.#answered;
        this.#answered = 0;
        if (answered === 1) return this.#go();
        this.#expected = answered + this.#waiting.length;
        this.#moment = setTimeout(() => this.#go(), Math.min(MOST_MS, performance.now() - this.#beganMs));
    }

    #begin(messages: number): undefined {
        this.#storing += messages;
        if (this.#beginning) return;
        this.#beginning = true;
        this.#beganMs = performance.now();
        setImmediate(() => (this.#beginning = false));
    }

    #go(): void {
        clearTimeout(this.#moment);
        this.#expected = 0;
        const waiting = this.#waiting;
        if (waiting.length === 0) return;
        this.#waiting = [];
        this.#begin(waiting.length);
        for (const go of waiting) go();
    }
}
