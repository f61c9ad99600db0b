import type { Command } from "commander";
import { type CommonFlags, clientOf, remoteCommand } from "./command.ts";
import { pairs, print } from "./print.ts";

interface Status {
    version: string;
    started: string;
    uptimeS: number;
    connections: { devices: number; publishers: number; enrolling: number; waiting: number };
    refused: Record<string, number>;
    flapping: { route: string; until: string }[];
    failing: { number: string; application: string }[];
    storeOctets: number;
    storeMostOctets?: number;
    memoryOctets: number;
}

/** `toque status` */
export function statusCommand(): Command {
    return remoteCommand("status", "how the gateway is").action(status);
}

async function status(flags: CommonFlags): Promise<void> {
    const found = await clientOf(flags).get<Status>("/v1/status");
    const text = pairs({
        version: found.version,
        "running since": found.started,
        "boards online": found.connections.devices,
        publishers: found.connections.publishers,
        "not yet known": found.connections.enrolling + found.connections.waiting,
        refused: Object.values(found.refused).reduce((sum, count) => sum + count, 0),
        flapping: found.flapping.length === 0 ? undefined : found.flapping.map(({ route }) => route).join(", "),
        "application fails":
            found.failing.length === 0
                ? undefined
                : found.failing.map(({ number, application }) => `${number} (${application})`).join(", "),
        store: mebibytes(found.storeOctets) + atMost(found.storeMostOctets),
        memory: mebibytes(found.memoryOctets),
    });
    print(flags.json, found, text);
}

function atMost(octets: number | undefined): string {
    return octets === undefined ? "" : ` of ${mebibytes(octets)} at most`;
}

function mebibytes(octets: number): string {
    return `${(octets / 1_048_576).toFixed(1)} MiB`;
}
