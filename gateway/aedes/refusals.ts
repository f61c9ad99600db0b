import { digest } from "./digest.ts";

/** Refusals remembered at most. Beyond that the oldest are forgotten: those clients are cut off once more. */
const MAX_REMEMBERED = 10_000;

/**
 * Messages that can never be accepted. MQTT 3.1.1 has no negative answer, so the gateway closes the connection. A client that keeps
 * its messages sends the same one again, first thing on its next connection: then it is acknowledged and dropped, so that the
 * messages behind it get through.
 */
export class Refusals {
    /** number of the connection that was closed, by client and message; the oldest first */
    readonly #closed = new Map<string, number>();

    /**
     * To be called at each refusal.
     * @param client what the client is known by on each of its connections
     * @param message stands for its content
     * @param connection number of the connection it came on
     * @returns true: a connection of this client was closed for this message before, so it has to be dropped now
     */
    isRepeat(client: string, message: string, connection: number): boolean {
        const key = digest(client, "\0", message);
        const closed = this.#closed.get(key);
        this.#closed.delete(key);
        if (closed !== undefined && closed !== connection) return true;
        this.#closed.set(key, connection);
        if (this.#closed.size > MAX_REMEMBERED) this.#closed.delete(this.#closed.keys().next().value!);
        return false;
    }
}
