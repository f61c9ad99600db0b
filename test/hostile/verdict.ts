/** How much of an attack: a short run for `npm test`, the command's own, and everything that is promised, for an hour or so. */
export type Scale = "short" | "command" | "long";

/** What an attack measured, and what did not hold. */
export class Verdict {
    readonly scale: Scale;
    readonly figures: string[] = [];
    readonly failures: string[] = [];
    /** How many times longer the machine takes than a quiet one of two processors, as measured before the attack: limits grow by it. */
    slowness = 1;

    constructor(scale: Scale) {
        this.scale = scale;
    }

    figure(text: string): void {
        this.figures.push(text);
    }

    /** @param promise what should hold, as a sentence */
    must(holds: boolean, promise: string): void {
        if (!holds) this.failures.push(promise);
    }
}

export interface Attack {
    /** as it is named on the command line */
    name: string;
    run(scale: Scale, verdict: Verdict): Promise<void>;
}

/** One of three values by the scale. */
export function byScale<T>(scale: Scale, short: T, command: T, long: T): T {
    return { short, command, long }[scale];
}

/** "1,000,000" */
export function count(value: number): string {
    return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** Durations in milliseconds and their percentiles. */
export class Durations {
    readonly #all: number[] = [];

    add(...durationsMs: number[]): void {
        this.#all.push(...durationsMs);
    }

    get size(): number {
        return this.#all.length;
    }

    /** @param share 0.5: the median; 1: the longest. 0 when there is none */
    at(share: number): number {
        const sorted = this.#all.toSorted((a, b) => a - b);
        return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    }

    get text(): string {
        const ms = (share: number) => this.at(share).toFixed(this.at(share) < 10 ? 1 : 0);
        return `p50 ${ms(0.5)}, p95 ${ms(0.95)}, p99 ${ms(0.99)}, max ${ms(1)} ms of ${count(this.size)}`;
    }
}
