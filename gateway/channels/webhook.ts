import { createHmac } from "node:crypto";
import { type CodeChannel, CHANNEL_TIMEOUT_MS } from "../directory/code-channel.ts";
import { GatewayError } from "../error.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";

export interface WebhookSettings {
    url: string;
    /** shared with the receiver, 16 characters or more */
    key: string;
    clock: Clock;
    log: Log;
    /** ends what is under way: the gateway closes */
    signal?: AbortSignal;
    timeoutMs?: number;
}

/**
 * What proves that a request is the gateway's: HMAC-SHA256, hex, over "<timestamp>.<body>". The receiver computes it
 * again, compares in constant time, and refuses a timestamp older than five minutes, so that none can be replayed.
 */
export function signWebhook(key: string, timestampS: number, body: string): string {
    return createHmac("sha256", key).update(`${timestampS}.${body}`, "utf8").digest("hex");
}

/** Posts a code as JSON `{number, code, expires}` with `Toque-Timestamp` and `Toque-Signature`. Redirects are not followed. */
export function createWebhookChannel(settings: WebhookSettings): CodeChannel {
    const { key, clock, log } = settings;
    return {
        name: "webhook",
        async send({ number, code, expiresMs }) {
            const body = JSON.stringify({ number, code, expires: new Date(expiresMs).toISOString() });
            const timestampS = Math.floor(clock.nowMs() / 1000);
            const why = await post(settings, body, {
                "Content-Type": "application/json",
                "Toque-Timestamp": String(timestampS),
                "Toque-Signature": `v1=${signWebhook(key, timestampS, body)}`,
            });
            if (why === undefined) return;
            log.warn({ why }, "the webhook for codes failed");
            throw new GatewayError(
                "unavailable",
                `The code was not sent: the address of --codes-webhook ${why}. Put it right and ask for another code: a number gets one a minute and three an hour.`,
            );
        },
    };
}

/** @returns undefined when the receiver accepted it, else what was wrong */
async function post(
    settings: WebhookSettings,
    body: string,
    headers: Record<string, string>,
): Promise<string | undefined> {
    const { url, signal: ended, timeoutMs = CHANNEL_TIMEOUT_MS } = settings;
    try {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(ended === undefined ? [] : [ended])]);
        const answer = await fetch(url, { method: "POST", body, headers, signal, redirect: "manual" });
        await answer.body?.cancel();
        return answer.ok ? undefined : `answered ${answer.status}`;
    } catch (error) {
        const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
        if (name === "TimeoutError") return `did not answer within ${timeoutMs / 1000} s`;
        if (name === "AbortError") return "was given up, because the gateway ends";
        return `could not be reached (${cause?.code ?? name})`;
    }
}
