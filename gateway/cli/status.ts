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
    twins: { number: string; chips: string[] }[];
    storeOctets: number;
    storeMostOctets?: number;
    memoryOctets: number;
    certificate?: { ends: string; state: string };
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
        flapping: listed(found.flapping.map(({ route }) => route)),
        "no application": listed(
            found.failing.map(({ number, application }) =>
                application === "none" ? number : `${number} (${application})`,
            ),
        ),
        "one secret": listed(found.twins.map(({ number, chips }) => `${number} (chips ${chips.join(", ")})`)),
        store: mebibytes(found.storeOctets) + atMost(found.storeMostOctets),
        memory: mebibytes(found.memoryOctets),
        "TLS certificate": found.certificate && `${found.certificate.state}, ${found.certificate.ends}`,
    });
    print(flags.json, found, text);
}

function atMost(octets: number | undefined): string {
    return octets === undefined ? "" : ` of ${mebibytes(octets)} at most`;
}

/** Undefined, which is not printed, when there are none. */
function listed(names: string[]): string | undefined {
    return names.length === 0 ? undefined : names.join(", ");
}

function mebibytes(octets: number): string {
    return `${(octets / 1_048_576).toFixed(1)} MiB`;
}
