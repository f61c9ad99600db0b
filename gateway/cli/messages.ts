import type { Command } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";
import { COUNTRY, type CommonFlags, clientOf, remoteCommand } from "./command.ts";
import { Failure } from "./failure.ts";
import { columns, pairs, print } from "./print.ts";

interface Accepted {
    id: string;
    to: string;
    sequence: number;
    state: string;
}
interface Receipt extends Accepted {
    history: { state: string; at: string; why?: string }[];
}
interface SendFlags extends CommonFlags {
    country?: string;
    title?: string;
    urgency?: string;
    ttl?: number;
    collapseKey?: string;
    wait?: number | true;
}

/** How long `--wait` waits without a time, and how often it looks. */
const WAIT_S = 30;
const LOOK_EVERY_MS = 200;

/** `toque send <number> <text>` */
export function sendCommand(): Command {
    return remoteCommand("send", "push a message to a number")
        .argument("<number>")
        .argument("<text>")
        .option(...COUNTRY)
        .option("--title <title>", "a line above the text")
        .option("--urgency <urgency>", "very-low, low, normal or high")
        .option("--ttl <time>", "how long it may wait: 90s, 10m, 2h, 7d; 0: now or never", readSeconds)
        .option("--collapse-key <key>", "a later message with the same key replaces this one while it waits")
        .option(
            "--wait [time]",
            `until the board has it, ${WAIT_S}s unless given; exit code 1 if it has not`,
            readSeconds,
        )
        .action(send);
}

/** `toque message <id>` */
export function messageCommand(): Command {
    return remoteCommand("message", "what became of a message").argument("<id>").action(message);
}

async function send(number: string, text: string, flags: SendFlags): Promise<void> {
    const client = clientOf(flags);
    const { country, title, urgency, ttl, collapseKey } = flags;
    const accepted = await client.post<Accepted>("/v1/messages", {
        to: number,
        country,
        body: text,
        title,
        urgency,
        ttlS: ttl,
        collapseKey,
    });
    if (flags.wait === undefined) {
        const { id, to, sequence, state } = accepted;
        print(flags.json, accepted, pairs({ message: id, to, sequence, state }));
        return;
    }
    const waitS = flags.wait === true ? WAIT_S : flags.wait;
    const receipt = await waitForBoard(client, accepted.id, waitS * 1000);
    print(flags.json, receipt, describe(receipt));
    if (receipt.state === "accepted" || receipt.state === "sent") {
        throw new Failure(`The board has not acknowledged it within ${waitS} s. It still waits at the gateway.`);
    }
    if (receipt.state !== "delivered" && receipt.state !== "read")
        throw new Failure(`The message is ${receipt.state}.`);
}

async function waitForBoard(client: Client, id: string, waitMs: number): Promise<Receipt> {
    const endMs = performance.now() + waitMs;
    for (;;) {
        const receipt = await client.get<Receipt>(`/v1/messages/${encodeURIComponent(id)}`);
        if (receipt.state !== "accepted" && receipt.state !== "sent") return receipt;
        const leftMs = endMs - performance.now();
        if (leftMs <= 0) return receipt;
        await sleep(Math.min(LOOK_EVERY_MS, leftMs));
    }
}

async function message(id: string, flags: CommonFlags): Promise<void> {
    const receipt = await clientOf(flags).get<Receipt>(`/v1/messages/${encodeURIComponent(id)}`);
    print(flags.json, receipt, describe(receipt));
}

function describe(receipt: Receipt): string {
    const { id, to, sequence, state, history } = receipt;
    return `${pairs({ message: id, to, sequence, state })}\n${columns(history.map((line) => [line.at, line.state, line.why ?? ""]))}`;
}

const UNITS: Record<string, number> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

function readSeconds(text: string): number {
    const [, count = "", unit = ""] = /^([0-9]{1,9})([smhd]?)$/.exec(text) ?? [];
    if (count === "") throw new Failure(`"${text}" is not a duration: use 90s, 10m, 2h or 7d.`, 2);
    return Number(count) * (UNITS[unit] ?? 1);
}
