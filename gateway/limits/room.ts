/** Connections of one kind, counted in all and by whose they are: one token, or one address, must not hold what the others need. */
export class Room {
    readonly #limits: { all: number; perKey: number };
    readonly #perKey = new Map<string, number>();
    #all = 0;

    constructor(limits: { all: number; perKey: number }) {
        this.#limits = limits;
    }

    /** @returns which bound keeps it out; undefined: it is in, and counts until it left */
    enter(key: string): "all" | "key" | undefined {
        const count = this.#perKey.get(key) ?? 0;
        if (count >= this.#limits.perKey) return "key";
        if (this.#all >= this.#limits.all) return "all";
        this.#all++;
        this.#perKey.set(key, count + 1);
        return undefined;
    }

    left(key: string): void {
        this.#all--;
        const count = this.#perKey.get(key)!;
        if (count > 1) this.#perKey.set(key, count - 1);
        else this.#perKey.delete(key);
    }
}
