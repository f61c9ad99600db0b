import { PACKET_OCTETS, WINDOW } from "../../shared/push/limits.ts";
import type { MessageState, PushMessage } from "../message.ts";
import type { Route } from "../registration.ts";
import { encodePush, payloadRoom } from "./push.ts";
import type { DeliveryTools } from "./tools.ts";

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

/** A push that was written and not acknowledged yet. */
interface Inflight {
    sinceMs: number;
    /** when it was written, while the store has no note of that: it comes with the message's end, if that is soon */
    sentMs: number | undefined;
    /** the device reported what became of it: its PUBACK only makes room */
    over: boolean;
}

/**
 * What one connection of a route was sent and will be sent next. It holds `size` pushes and a few more, however long the backlog is.
 * Everything is sent in the order of sequences, and nothing twice on one connection.
 */
export class Window {
    /** pushes that may be inflight, and the largest packet, as the device registered them */
    size = WINDOW;
    packetOctets = PACKET_OCTETS;
    /** the last sequence that was written */
    writtenUpTo = 0;
    readonly #route: Route;
    readonly #tools: DeliveryTools;
    /** undefined: nothing is, as on most connections at most times */
    #inflight: Map<number, Inflight> | undefined;
    /** read and not sent yet, in order */
    #ahead: PushMessage[] = [];
    /** the last sequence that was read */
    #cursor = 0;
    /** the last sequence that may be in the store; Infinity: nobody knows */
    #last = Infinity;
    #state: "shut" | "open" | "closed" = "shut";
    /** While the store reads: what is no longer there. After a read that failed: until the next sweep. */
    #reading: { gone: number[]; failed: boolean } | undefined;
    /** settle writes that failed, and when their messages were sent */
    #unstored: [sequence: number, sentMs: number | undefined][] = [];

    constructor(route: Route, tools: DeliveryTools) {
        this.#route = route;
        this.#tools = tools;
    }

    /** From now on there is somebody to send to. */
    open(): void {
        if (this.#state === "shut") this.#state = "open";
        this.fill();
    }

    /** The connection is gone: whatever is inflight stays in the backlog. */
    close(): void {
        this.#state = "closed";
        this.noteSent();
        for (const [sequence] of this.#unstored) this.#tools.settling.delete(this.#route, sequence);
        this.#inflight = undefined;
        this.#ahead = [];
    }

    /** Sends what may be sent. */
    fill(): void {
        while (this.#isFree()) {
            const message = this.#ahead[0];
            if (message === undefined) {
                if (this.#last > this.#cursor && this.#reading === undefined) void this.#read();
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
        if (sequence <= this.#cursor) return; // a read came first
        const inOrder = sequence === this.#cursor + 1 && this.#last <= this.#cursor && this.#reading === undefined;
        this.#last = Math.max(this.#last, sequence);
        // Otherwise one stored before it may not have been announced yet: the store knows the order.
        if (inOrder && this.#ahead.length < this.size + AHEAD) {
            this.#ahead.push(message);
            this.#cursor = sequence;
        }
        this.fill();
    }

    /** Messages that are no longer in the backlog: collapsed, dropped. */
    removed(sequences: number[]): void {
        this.#ahead = this.#ahead.filter(({ sequence }) => !sequences.includes(sequence));
        this.#reading?.gone.push(...sequences);
    }

    /** The device has registered again: what it has not acknowledged is not with it any more. */
    beginAgain(): void {
        this.noteSent();
        this.#inflight = undefined;
        this.writtenUpTo = 0;
        this.readAgain();
    }

    /** What waits has changed in the store. */
    readAgain(): void {
        this.#ahead = [];
        this.#reading = undefined;
        this.#cursor = this.writtenUpTo;
        this.#last = Infinity;
        this.fill();
    }

    /** PUBACK. */
    acknowledged(sequence: number): void {
        const inflight = this.#inflight?.get(sequence);
        if (inflight === undefined) return;
        this.#inflight!.delete(sequence);
        if (!inflight.over) this.#storeDelivered(sequence, inflight.sentMs);
        this.fill();
    }

    /** The device reported that a push was not shown, and that is going to be stored. @returns when it was sent, if that is not noted */
    nacked(sequence: number): number | undefined {
        const inflight = this.#inflight?.get(sequence);
        if (inflight === undefined) return void this.removed([sequence]);
        inflight.over = true;
        return inflight.sentMs;
    }

    /** The device reports on a push that it has handled, before its PUBACK or after it: what the store gets next finds it delivered. */
    handled(sequence: number): void {
        const inflight = this.#inflight?.get(sequence);
        if (inflight?.over === false) this.#storeDelivered(sequence, inflight.sentMs);
        if (inflight !== undefined) inflight.over = true;
        this.#storeAgain();
    }

    /** To be called every now and then. @returns false: a PUBACK did not come in time */
    sweep(): boolean {
        const nowMs = this.#tools.timers.nowMs();
        for (const { sinceMs } of this.#inflight?.values() ?? []) if (nowMs - sinceMs >= PUBACK_MS) return false;
        if (this.#inflight?.size === 0) this.#inflight = undefined;
        this.noteSent();
        this.#storeAgain();
        if (this.#reading?.failed === true) this.#reading = undefined;
        this.fill();
        return true;
    }

    #storeAgain(): void {
        const unstored = this.#unstored;
        this.#unstored = [];
        for (const [sequence, sentMs] of unstored) this.#storeDelivered(sequence, sentMs);
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
        const inflight: Inflight = { sinceMs: timers.nowMs(), sentMs, over: false };
        (this.#inflight ??= new Map<number, Inflight>()).set(sequence, inflight);
        if (!connections().push(this.#route, sequence, Buffer.from(encodePush(message)))) {
            this.#inflight?.delete(sequence);
            return false;
        }
        this.writtenUpTo = sequence;
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

    async #read(): Promise<void> {
        const reading = { gone: [...this.#settling], failed: false };
        this.#reading = reading;
        const limit = this.size + AHEAD;
        this.#last = this.#cursor; // and what is announced meanwhile
        const read = this.#tools.store.backlog.list(this.#route, this.#cursor, limit);
        this.#tools.background(read);
        const messages = await read.catch(() => undefined);
        if (this.#reading !== reading) return; // it was read again
        if (messages === undefined || messages.length === limit) this.#last = Infinity;
        if (messages === undefined) return void (reading.failed = true);
        this.#reading = undefined;
        this.#cursor = messages.at(-1)?.sequence ?? this.#cursor;
        this.#ahead.push(...messages.filter(({ sequence }) => !reading.gone.includes(sequence)));
        this.fill();
    }
}

/** ttlS 0: it is sent at once or not at all. */
function isNowOrNever(message: PushMessage): boolean {
    return message.expiresMs <= message.acceptedMs;
}
