import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import type { CodeChannel } from "../directory/code-channel.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";
import { createCommandChannel } from "./command.ts";
import { createWebhookChannel } from "./webhook.ts";

const MIN_KEY_CHARS = 16;

export interface ChannelOptions {
    /** the words of a command that sends codes */
    command: string[] | undefined;
    /** or a URL that takes them, and the file with the key that signs them */
    webhook: string | undefined;
    keyFile: string | undefined;
    clock: Clock;
    log: Log;
    /** ends what is under way */
    signal: AbortSignal;
}

/** The way one-time codes go out. Undefined: none is set up. @throws GatewayError invalid_request: the key's file */
export function createChannel(options: ChannelOptions): CodeChannel | undefined {
    const { command, webhook, keyFile, clock, log, signal } = options;
    if (command !== undefined) return createCommandChannel({ words: command, log, signal });
    if (webhook === undefined || keyFile === undefined) return undefined;
    return createWebhookChannel({ url: webhook, key: readKey(keyFile), clock, log, signal });
}

function readKey(file: string): string {
    let key: string;
    try {
        key = readFileSync(file, "utf8").trim();
    } catch (error) {
        throw new GatewayError(
            "invalid_request",
            "The file of --codes-webhook-key cannot be read: look at its name and rights.",
            { cause: error },
        );
    }
    if (key.length >= MIN_KEY_CHARS) return key;
    throw new GatewayError(
        "invalid_request",
        `The file of --codes-webhook-key must hold ${MIN_KEY_CHARS} characters or more: make it with "openssl rand -hex 32".`,
    );
}
