import type { E164 } from "../number.ts";

/** How a one-time code reaches the holder of the number. "print": the answer holds it, and the caller hands it over. */
export type ChannelName = "print" | "command" | "webhook";

/** What a channel carries. */
export interface CodeDelivery {
    number: E164;
    code: string;
    expiresMs: number;
}

/** A channel that is not the answer itself. */
export interface CodeChannel {
    name: Exclude<ChannelName, "print">;
    /**
     * Resolves when the other side has taken the code, within CHANNEL_TIMEOUT_MS.
     * @throws GatewayError("unavailable") with a sentence that has neither code nor number in it
     */
    send(delivery: CodeDelivery): Promise<void>;
}

/** A modem that has to register first takes 10 s and more. */
export const CHANNEL_TIMEOUT_MS = 30_000;
