/** Numbers that come again with the same seed. */
export interface Seeded {
    readonly seed: number;
    /** 0 to 1, without 1 */
    fraction(): number;
    /** an integer from 0 to span - 1 */
    below(span: number): number;
    /** true in so many of a hundred cases */
    percent(chance: number): boolean;
    pick<T>(items: readonly T[]): T;
}

/** The seed that TOQUE_SEED gives, or one nobody chose. */
export function chooseSeed(): number {
    const given = process.env.TOQUE_SEED;
    return given === undefined || given === "" ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

/** Mulberry32. @param seed an integer of 32 bits */
export function seeded(seed: number): Seeded {
    let state = seed >>> 0;
    const fraction = (): number => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (span: number): number => Math.floor(fraction() * span);
    return {
        seed,
        fraction,
        below,
        percent: (chance) => fraction() * 100 < chance,
        pick: (items) => items[below(items.length)]!,
    };
}
