import { PACKET_OCTETS, WINDOW } from "../../shared/push/limits.ts";
import type { MessageState, PushMessage } from "../message.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Connections } from "../ports/connections.ts";
import type { Store } from "../ports/store.ts";
import { encodePush, payloadRoom } from "./push.ts";
import type { Settling } from "./settling.ts";
import type { Route } from "../registration.ts";
import type { ClockStep } from "../clock.ts";
import type { Timers } from "../system/timers.ts";

/** No PUBACK in this time: the connection is dead, or the device is stuck. */
export const PUBACK_MS = 20_000;
/** What "now" of "now or never" (ttlS 0) means: the time a message may take from its acceptance to the socket. */
export const NOW_MS = 1_000;
/** A message that expires within this may do so before a sweep has noted that it was sent. */
const SOON_MS = 60_000;
/** Messages read from the store beyond those that are sent at once. */
const AHEAD = 8;
/** Settle writes that may be under way before nothing more is sent. */
const MAX_SETTLING = 64;
const RETRY_MS = 1_000;

/** What windows work with. */
export interface WindowTools {
    store: Pick<Store, "backlog">;
    connections: () => Connections;
    clock: Clock;
    timers: Timers;
    log: Log;
    settling: Settling;
    /** Lets a write go on by itself: it is waited for when the gateway ends, and its failure is logged. */
    background: (write: Promise<unknown>) => void;
}

/** A push that was written and not acknowledged yet. */
interface Inflight {
    sinceMs: number;
    /** when it was written, while the store has no note of that: it comes with the message's end, if that is soon */
    sentMs: number | undefined;
    /** the device reported that it was not shown: its PUBACK settles nothing any more */
    nacked: boolean;
}

/**
 * What one connection of a route was sent and will be sent next. It holds `size` pushes and a few more, however long the backlog is.
 * Everything is sent in the order of sequences, and nothing twice on one connection.
 */
export class Window {
    /** pushes that may be inflight, and the largest packet, as the device registered them */
    size = WINDOW;
    packetOctets = PACKET_OCTETS;
    readonly #route: Route;
    readonly #tools: WindowTools;
    /** undefined: nothing is, as on most connections at most times */
    #inflight: Map<number, Inflight> | undefined;
    /** read and not sent yet, in order */
    #ahead: PushMessage[] = [];
    /** the last sequence that was read */
    #cursor = 0;
    /** The store may have messages above the cursor. */
    #behind = true;
    #state: "shut" | "open" | "closed" = "shut";
    /** While the store reads: the last sequence appended meanwhile, and what is no longer there. */
    #reading: { announced: number; gone: number[] } | undefined;
    #retryAtMs = 0;
    #writtenUpTo = 0;
    /** settle writes that failed, and when their messages were sent */
    #unstored: [sequence: number, sentMs: number | undefined][] = [];
    #waiting: Map<number, (() => void)[]> | undefined;

    constructor(route: Route, tools: WindowTools) {
        this.#route = route;
        this.#tools = tools;
    }

    /** From now on there is somebody to send to. */
    open(): void {
        if (this.#state === "shut") this.#state = "open";
        this.fill();
    }

    /** The last sequence that was written. */
    get writtenUpTo(): number {
        return this.#writtenUpTo;
    }

    /** The connection is gone: whatever is inflight stays in the backlog. */
    close(): void {
        this.#state = "closed";
        this.noteSent();
        for (const [sequence] of this.#unstored) this.#tools.settling.delete(this.#route, sequence);
        for (const sequence of [...(this.#waiting?.keys() ?? [])]) this.#over(sequence);
        this.#inflight = undefined;
        this.#ahead = [];
    }

    /** Sends what may be sent. */
    fill(): void {
        while (this.#isFree()) {
            const message = this.#ahead[0];
            if (message === undefined) {
                if (this.#behind && this.#tools.timers.nowMs() >= this.#retryAtMs) void this.#read();
                return;
            }
            const ending = this.#endingOf(message);
            if (ending === undefined && !this.#write(message)) return;
            this.#ahead.shift();
            if (ending !== undefined) this.#end(message.sequence, ...ending);
        }
    }

    /** A message was stored for the route. */
    appended(message: PushMessage): void {
        const { sequence } = message;
        if (isNowOrNever(message) && !(this.#isFree() && this.#ahead.length === 0)) {
            this.removed([sequence]);
            this.#end(sequence, "expired", "the device was busy");
            return;
        }
        if (this.#reading !== undefined) {
            this.#reading.announced = Math.max(this.#reading.announced, sequence);
            return;
        }
        if (sequence <= this.#cursor) return; // a read came first
        if (sequence === this.#cursor + 1 && !this.#behind && this.#ahead.length < this.size + AHEAD) {
            this.#ahead.push(message);
            this.#cursor = sequence;
        } else {
            // One stored before this one may not have been announced yet: the store knows the order.
            this.#behind = true;
        }
        this.fill();
    }

    /** Messages that are no longer in the backlog: collapsed, dropped. */
    removed(sequences: number[]): void {
        this.#ahead = this.#ahead.filter(({ sequence }) => !sequences.includes(sequence));
        this.#reading?.gone.push(...sequences);
    }

    /** The clock was set, and what waits moves with it. */
    clockStepped({ fromMs, untilMs, byMs }: ClockStep): void {
        this.#ahead = this.#ahead.map((message) => {
            const { acceptedMs, expiresMs } = message;
            if (acceptedMs < fromMs || acceptedMs > untilMs) return message;
            return { ...message, acceptedMs: acceptedMs + byMs, expiresMs: expiresMs + byMs };
        });
    }

    /** PUBACK. */
    acknowledged(sequence: number): void {
        const inflight = this.#inflight?.get(sequence);
        if (inflight === undefined) return;
        this.#inflight!.delete(sequence);
        if (inflight.nacked) this.#over(sequence);
        else this.#storeDelivered(sequence, inflight.sentMs);
        this.fill();
    }

    /** The device reported that a push was not shown, and that is going to be stored. @returns when it was sent, if that is not noted */
    nacked(sequence: number): number | undefined {
        const inflight = this.#inflight?.get(sequence);
        if (inflight === undefined) return void this.removed([sequence]);
        inflight.nacked = true;
        return inflight.sentMs;
    }

    /** Resolves when a push is neither inflight nor being written down as delivered: at once when it is not. */
    whenOver(sequence: number): Promise<void> {
        if (this.#inflight?.has(sequence) !== true && !this.#settling.has(sequence)) return Promise.resolve();
        const waiting = (this.#waiting ??= new Map<number, (() => void)[]>());
        return new Promise((resolve) => void waiting.set(sequence, [...(waiting.get(sequence) ?? []), resolve]));
    }

    /** To be called every now and then. @returns false: a PUBACK did not come in time */
    sweep(): boolean {
        const nowMs = this.#tools.timers.nowMs();
        for (const { sinceMs } of this.#inflight?.values() ?? []) if (nowMs - sinceMs >= PUBACK_MS) return false;
        if (this.#inflight?.size === 0) this.#inflight = undefined;
        this.noteSent();
        const unsettled = this.#unstored;
        this.#unstored = [];
        for (const [sequence, sentMs] of unsettled) this.#storeDelivered(sequence, sentMs);
        this.fill();
        return true;
    }

    get #settling(): ReadonlySet<number> {
        return this.#tools.settling.of(this.#route);
    }

    #isFree(): boolean {
        const size = this.#inflight?.size ?? 0;
        return this.#state === "open" && size < this.size && this.#settling.size < MAX_SETTLING;
    }

    /** Why a message must not be sent. */
    #endingOf(message: PushMessage): [MessageState, string?] | undefined {
        const nowMs = this.#tools.clock.nowMs();
        const untilMs = isNowOrNever(message) ? message.acceptedMs + NOW_MS : message.expiresMs;
        if (nowMs >= untilMs) return ["expired"];
        if (message.damaged === true) {
            this.#tools.log.error(
                { route: this.#route, sequence: message.sequence },
                "the disk has changed the text of a waiting message: it is not sent",
            );
            return ["failed", "damaged"];
        }
        const tooLarge = message.octets > payloadRoom(this.#route, this.packetOctets);
        return tooLarge ? ["failed", "larger than what the device takes now"] : undefined;
    }

    /** False: there is no connection to write to; its end is about to be reported. */
    #write(message: PushMessage): boolean {
        const { clock, timers, connections } = this.#tools;
        const { sequence } = message;
        const sentMs = clock.nowMs();
        const inflight: Inflight = { sinceMs: timers.nowMs(), sentMs, nacked: false };
        (this.#inflight ??= new Map<number, Inflight>()).set(sequence, inflight);
        if (!connections().push(this.#route, sequence, Buffer.from(encodePush(message)))) {
            this.#inflight?.delete(sequence);
            return false;
        }
        this.#writtenUpTo = sequence;
        // One that was sent before, or expires soon, is noted at once: its history has each time, and it must not expire under way.
        if (message.state === "sent" || message.expiresMs - sentMs < SOON_MS) this.noteSent();
        return true;
    }

    /** Notes in the store what was written and is not acknowledged yet. */
    noteSent(): void {
        const { store, background } = this.#tools;
        for (const [sequence, inflight] of this.#inflight ?? []) {
            if (inflight.sentMs !== undefined)
                background(store.backlog.markSent(this.#route, sequence, inflight.sentMs));
            inflight.sentMs = undefined;
        }
    }

    #end(sequence: number, state: MessageState, why?: string): void {
        const { store, clock, background } = this.#tools;
        background(store.backlog.settle(this.#route, sequence, state, clock.nowMs(), why));
    }

    /** Stores that a push was delivered. When that fails it is tried again; at worst the device gets the push once more. */
    #storeDelivered(sequence: number, sentMs: number | undefined): void {
        const { store, clock, settling, background } = this.#tools;
        settling.add(this.#route, sequence);
        const write = store.backlog.settle(this.#route, sequence, "delivered", clock.nowMs(), undefined, sentMs);
        const after = write.then(
            () => {
                settling.delete(this.#route, sequence);
                this.#over(sequence);
                if (this.#settling.size === MAX_SETTLING - 1) this.fill();
            },
            (error: unknown) => {
                if (this.#state === "closed") settling.delete(this.#route, sequence);
                else this.#unstored.push([sequence, sentMs]);
                throw error;
            },
        );
        background(after);
    }

    #over(sequence: number): void {
        const waiting = this.#waiting?.get(sequence);
        if (waiting === undefined) return;
        this.#waiting!.delete(sequence);
        for (const resolve of waiting) resolve();
    }

    async #read(): Promise<void> {
        if (this.#reading !== undefined) return;
        const reading = { announced: 0, gone: [...this.#settling] };
        this.#reading = reading;
        const limit = this.size + AHEAD;
        let full = true;
        try {
            const read = this.#tools.store.backlog.list(this.#route, this.#cursor, limit);
            this.#tools.background(read);
            const messages = await read;
            full = messages.length === limit;
            this.#cursor = messages.at(-1)?.sequence ?? this.#cursor;
            this.#ahead.push(...messages.filter(({ sequence }) => !reading.gone.includes(sequence)));
        } catch {
            this.#retryAtMs = this.#tools.timers.nowMs() + RETRY_MS;
        }
        this.#reading = undefined;
        this.#behind = full || reading.announced > this.#cursor;
        this.fill();
    }
}

/** ttlS 0: it is sent at once or not at all. */
function isNowOrNever(message: PushMessage): boolean {
    return message.expiresMs <= message.acceptedMs;
}
