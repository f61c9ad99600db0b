import { Command } from "commander";
import { OPTIONS } from "../config.ts";
import { type Client, type Target, createClient } from "./client.ts";

/** Flags of every command that speaks to the running gateway. */
export interface CommonFlags extends Target {
    json?: boolean;
}

/** A command that speaks to the running gateway. */
export function remoteCommand(name: string, description: string): Command {
    return new Command(name)
        .description(description)
        .option("--url <url>", "address of the gateway (TOQUE_URL)")
        .option("--token <token>", "token (TOQUE_TOKEN); better in the environment: other users can see flags")
        .option(OPTIONS.data.flag, "the gateway's folder, which has its address and the admin token (TOQUE_DATA)")
        .option("--json", "one JSON document instead of text");
}

export function clientOf(flags: CommonFlags): Client {
    return createClient(flags, process.env);
}

/** The part of a path that names a number, whatever was typed. */
export function numberPath(number: string, country?: string, part = ""): string {
    const query = country === undefined ? "" : `?country=${encodeURIComponent(country)}`;
    return `/v1/numbers/${encodeURIComponent(number)}${part}${query}`;
}

export const COUNTRY = ["--country <country>", 'country of a number without "+": two letters, like ES'] as const;
