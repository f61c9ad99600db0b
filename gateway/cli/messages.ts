import type { Command } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";
import { COUNTRY, type CommonFlags, clientOf, numberPath, remoteCommand } from "./command.ts";
import { Failure } from "./failure.ts";
import { checkResults, describeResults, readNumbers, type Result, splitNumbers } from "./many-numbers.ts";
import { describeAway, type NumberLine } from "./numbers.ts";
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
    toFile?: string;
}

/** How long `--wait` waits without a time, and how often it looks. */
const WAIT_S = 30;
const LOOK_EVERY_MS = 200;
/** More than any board takes, and less than the gateway's limit of a request. */
const MAX_INPUT_OCTETS = 8_192;

/** `toque send <number> <text>` */
export function sendCommand(): Command {
    return remoteCommand("send", "push a message to a number, or to many")
        .usage("[options] <number>[,<number>...] <text>\n       toque send [options] --to-file <file> <text>")
        .argument("<number>", "or many with commas between; with --to-file none")
        .argument("[text]", "quoted if it has spaces; -: from standard input")
        .option("--to-file <file>", "a file with a number a line, 1,000 at most")
        .option(...COUNTRY)
        .option("--title <title>", "a line above the text")
        .option("--urgency <urgency>", "very-low, low, normal or high")
        .option("--ttl <time>", "how long it may wait: 90s, 10m, 2h, 7d; 0: now or never", readSeconds)
        .option("--collapse-key <key>", "a later message with the same key replaces this one while it waits")
        .option(
            "--wait [time]",
            `until the board has it, ${WAIT_S}s unless given; exit code 5 if it has not`,
            readSeconds,
        )
        .action(send);
}

/** `toque message <id>` */
export function messageCommand(): Command {
    return remoteCommand("message", "what became of a message").argument("<id>").action(message);
}

async function send(first: string, second: string | undefined, flags: SendFlags): Promise<void> {
    const { country, title, urgency, ttl, collapseKey, toFile } = flags;
    const text = toFile === undefined ? second : first;
    if (text === undefined) throw new Failure('The text is missing: toque send +34600111222 "Dinner is ready".', 2);
    if (toFile !== undefined && second !== undefined) {
        throw new Failure(
            "With --to-file the numbers are in the file: give the text alone, quoted if it has spaces.",
            2,
        );
    }
    const many = toFile !== undefined ? readNumbers(toFile) : first.includes(",") ? splitNumbers(first) : undefined;
    if (many !== undefined && flags.wait !== undefined) {
        throw new Failure("--wait waits for one board: send to one number, or look at each message afterwards.", 2);
    }
    const client = clientOf(flags);
    const body = text === "-" ? await readInput() : text;
    const message = { country, body, title, urgency, ttlS: ttl, collapseKey };
    if (many !== undefined) {
        const answer = await client.post<{ results: Result[] }>("/v1/messages", { to: many, ...message });
        print(flags.json, answer, describeResults(answer.results));
        return checkResults(answer.results);
    }
    const accepted = await client.post<Accepted>("/v1/messages", { to: first, ...message });
    if (flags.wait === undefined) {
        const { id, to, sequence, state } = accepted;
        print(flags.json, accepted, pairs({ message: id, to, sequence, state, board: await away(client, to) }));
        return;
    }
    const waitS = flags.wait === true ? WAIT_S : flags.wait;
    const receipt = await waitForBoard(client, accepted.id, waitS * 1000);
    print(flags.json, receipt, describe(receipt));
    if (receipt.state === "accepted" || receipt.state === "sent") {
        const how = await away(client, receipt.to);
        const board = how === undefined ? "The board" : `The board, ${how},`;
        throw new Failure(`${board} has not acknowledged it within ${waitS} s. It still waits at the gateway.`, 5);
    }
    if (receipt.state !== "delivered" && receipt.state !== "read")
        throw new Failure(`The message is ${receipt.state}.`, 5);
}

/** How a board is that is not online. Undefined: it is, or the token may not know. */
async function away(client: Client, number: string): Promise<string | undefined> {
    try {
        const line = await client.get<NumberLine>(numberPath(number));
        return line.online ? undefined : describeAway(line);
    } catch (error) {
        if (error instanceof Failure && error.exitCode === 3) return undefined;
        throw error;
    }
}

/** The text on standard input, without the line's end that `echo` puts there. */
async function readInput(): Promise<string> {
    const parts: Buffer[] = [];
    let octets = 0;
    for await (const part of process.stdin) {
        parts.push(part as Buffer);
        octets += (part as Buffer).length;
        if (octets > MAX_INPUT_OCTETS)
            throw new Failure("The text is too large: a board takes some 4,000 octets at most.", 3, "too_large");
    }
    try {
        return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts)).replace(/\r?\n$/, "");
    } catch {
        throw new Failure("The text is not UTF-8: send it in that encoding.", 2);
    }
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
