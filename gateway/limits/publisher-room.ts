export interface PublisherLimits {
    /** connections of publishers in all: what is left of all connections is for boards */
    publishers: number;
    /** connections of publishers with one token */
    publishersPerToken: number;
}

/** How many publishers are connected: one token must not hold all connections, nor all tokens those that boards need. */
export class PublisherRoom {
    readonly #limits: PublisherLimits;
    readonly #perToken = new Map<string, number>();
    #all = 0;

    constructor(limits: PublisherLimits) {
        this.#limits = limits;
    }

    /** @param token its id @returns why it has to come later, one of few reasons; undefined: it is in, and counts until it left */
    enter(token: string): string | undefined {
        const count = this.#perToken.get(token) ?? 0;
        if (count >= this.#limits.publishersPerToken) return "too many connections of one token";
        if (this.#all >= this.#limits.publishers) return "too many publishers: the other connections are for boards";
        this.#all++;
        this.#perToken.set(token, count + 1);
        return undefined;
    }

    left(token: string): void {
        this.#all--;
        const count = this.#perToken.get(token)!;
        if (count > 1) this.#perToken.set(token, count - 1);
        else this.#perToken.delete(token);
    }
}
