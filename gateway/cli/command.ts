import { Command } from "commander";
import { OPTIONS } from "../config.ts";
import { checkFolder, chooseFolder } from "./data-folder.ts";
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

/** A command that works on the files of the gateway's folder, and asks no gateway. */
export function folderCommand(name: string, description: string): Command {
    return new Command(name)
        .description(description)
        .option(OPTIONS.data.flag, "the gateway's folder (TOQUE_DATA; toque-data unless given)");
}

/** @throws Failure when nobody named the folder and it may be another user's work */
export function folderOf(flags: { data?: string }): string {
    const folder = chooseFolder(flags.data, process.env);
    checkFolder(folder);
    return folder.data;
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
