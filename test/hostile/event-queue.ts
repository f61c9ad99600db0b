import type { Clock } from "../../device/host/start.ts";

interface Alarm {
    atMs: number;
    order: number;
    work: (() => void) | undefined;
}

/** A clock turned by hand, for thousands of devices: what is due is done in its order, however much there is. */
export class EventQueue implements Clock {
    #nowMs = 0;
    #order = 0;
    /** a binary heap, the earliest first */
    readonly #heap: Alarm[] = [];

    nowMs(): number {
        return this.#nowMs;
    }

    after(delayMs: number, work: () => void): () => void {
        const alarm: Alarm = { atMs: this.#nowMs + Math.max(0, delayMs), order: ++this.#order, work };
        const heap = this.#heap;
        let at = heap.push(alarm) - 1;
        while (at > 0 && isBefore(alarm, heap[(at - 1) >> 1]!)) {
            heap[at] = heap[(at - 1) >> 1]!;
            at = (at - 1) >> 1;
        }
        heap[at] = alarm;
        return () => (alarm.work = undefined);
    }

    /** Goes on to a moment. Between two alarms everything that was promised is kept. */
    async turnTo(untilMs: number): Promise<void> {
        while (this.#heap.length > 0 && this.#heap[0]!.atMs <= untilMs) {
            const { atMs, work } = this.#take();
            this.#nowMs = Math.max(this.#nowMs, atMs);
            work?.();
        }
        this.#nowMs = untilMs;
        await Promise.resolve();
    }

    #take(): Alarm {
        const heap = this.#heap;
        const first = heap[0]!;
        const last = heap.pop()!;
        if (heap.length === 0) return first;
        let at = 0;
        for (;;) {
            let child = 2 * at + 1;
            if (child >= heap.length) break;
            if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
            if (!isBefore(heap[child]!, last)) break;
            heap[at] = heap[child]!;
            at = child;
        }
        heap[at] = last;
        return first;
    }
}

function isBefore(one: Alarm, other: Alarm): boolean {
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
