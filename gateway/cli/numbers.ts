import { Command } from "commander";
import { plain } from "../../shared/terminal.ts";
import type { Client } from "./client.ts";
import { COUNTRY, type CommonFlags, clientOf, numberPath, remoteCommand } from "./command.ts";
import { confirm } from "./confirm.ts";
import { Failure } from "./failure.ts";
import { columns, pairs, print } from "./print.ts";

interface CountryFlag extends CommonFlags {
    country?: string;
}
interface Endpoint {
    address: string;
    port: number;
    deviceAddress?: string;
    since: string;
    why: string;
}
export interface NumberLine {
    number: string;
    label?: string;
    route: string;
    online: boolean;
    created: string;
    seen?: string;
    endpoint?: Endpoint;
}
interface NumberPage {
    numbers: NumberLine[];
    next?: string;
}
export interface NumberDetails extends NumberLine {
    twins?: string[];
    endpoints: Endpoint[];
    capabilities?: { runtime: string; firmware: string; packetOctets: number; application?: string };
    backlog: { messages: number; octets: number };
    lastSequence: number;
}

export interface AddedNumber {
    number: string;
    label?: string;
    route: string;
    secret: string;
    replaced?: { route: string; dropped: number };
}

/** `toque number add|list|show|set|rotate|remove` */
export function numberCommand(): Command {
    const command = new Command("number").description("numbers and the boards that have them");
    command.addCommand(
        remoteCommand("add", "register a number; prints the route and the secret for its board")
            .argument("<number>")
            .option("--label <label>", "what you call it")
            .option(...COUNTRY)
            .option("--replace", "end the board that has the number, without asking")
            .option("--keep-backlog", "keep what waits for the number's board before")
            .action(add),
    );
    command.addCommand(remoteCommand("list", "all numbers").action(list));
    command.addCommand(
        remoteCommand("show", "one number: where its board is, and what waits for it")
            .argument("<number>")
            .option(...COUNTRY)
            .action(show),
    );
    command.addCommand(
        remoteCommand("set", "change what you call a number")
            .argument("<number>")
            .requiredOption("--label <label>", 'what you call it; "" for nothing')
            .option(...COUNTRY)
            .action(set),
    );
    command.addCommand(
        remoteCommand("rotate", "give the number's board another secret, over its connection")
            .argument("<number>")
            .option(...COUNTRY)
            .action(rotate),
    );
    command.addCommand(
        remoteCommand("remove", "end a number's registration; what waits for it is dropped")
            .argument("<number>")
            .option(...COUNTRY)
            .action(remove),
    );
    return command;
}

/** `toque code <number>` */
export function codeCommand(): Command {
    return remoteCommand("code", "a one-time code with which a board takes the number")
        .argument("<number>")
        .option(...COUNTRY)
        .option("--channel <channel>", "print, command or webhook; without it as the gateway is set up")
        .option("--keep-backlog", "keep what waits for the number's board before")
        .action(code);
}

interface AddFlags extends CountryFlag {
    label?: string;
    replace?: boolean;
    keepBacklog?: boolean;
}

async function add(number: string, flags: AddFlags): Promise<void> {
    const { country, label, keepBacklog } = flags;
    const client = clientOf(flags);
    if (flags.replace !== true) await protect(client, number, flags);
    const added = await client.post<AddedNumber>("/v1/numbers", { number, country, label, keepBacklog });
    const text = pairs({ number: added.number, label: added.label, route: added.route, secret: added.secret });
    const { replaced } = added;
    const ended =
        replaced === undefined
            ? ""
            : `\nThe board that had the number (route ${replaced.route}) gets nothing more; messages dropped that waited for it: ${replaced.dropped}.`;
    print(flags.json, added, text + ended + "\nThe board needs route and secret. The secret is shown this once.");
}

/** Ends the command if the number has a board, unless somebody at a terminal wants to go on. */
export async function protect(client: Client, number: string, { country, keepBacklog, json }: AddFlags): Promise<void> {
    const free = ["unknown_number", "unregistered", "unknown_route"]; // the last one: no number was given, and the gateway names that mistake
    const found = await client.get<NumberDetails>(numberPath(number, country)).catch((error: unknown) => {
        if (error instanceof Failure && free.includes(error.code)) return undefined;
        throw error;
    });
    if (found === undefined) return;
    const { backlog, label } = found;
    const board = `${found.number}${label === undefined ? "" : ` (${label})`} has a board, ${found.online ? "online" : describeAway(found)}`;
    const loss = keepBacklog === true ? "" : ` Messages that wait for it and would be dropped: ${backlog.messages}.`;
    const what = `${board}: it would get nothing more.${loss}`;
    const asks = json !== true && process.stdin.isTTY && process.stderr.isTTY;
    if (asks && (await confirm(plain(`${what} Replace it?`), process.stdin, process.stderr))) return;
    throw new Failure(asks ? "Nothing was changed." : `${what} Add --replace if you want that.`, 3, "conflict");
}

/** @param seen when it was there the last time */
export function describeAway({ seen }: Pick<NumberLine, "seen">): string {
    return seen === undefined ? "never connected" : `away since ${seen}`;
}

async function list(flags: CommonFlags): Promise<void> {
    const client = clientOf(flags);
    const numbers: NumberLine[] = [];
    let after: string | undefined;
    do {
        const query: string = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
        const page: NumberPage = await client.get<NumberPage>(`/v1/numbers?limit=1000${query}`);
        numbers.push(...page.numbers);
        after = page.next;
    } while (after !== undefined);
    const rows = numbers.map((line) => [
        line.number,
        line.label ?? "",
        line.online ? "online" : "away",
        line.endpoint === undefined ? "" : `${line.endpoint.address}:${line.endpoint.port}`,
        line.seen ?? "never",
    ]);
    const empty = 'No numbers yet: add one with "toque number add +34600111222".';
    const text = rows.length === 0 ? empty : columns([["NUMBER", "LABEL", "BOARD", "ADDRESS", "LAST SEEN"], ...rows]);
    print(flags.json, { numbers }, text);
}

async function show(number: string, flags: CountryFlag): Promise<void> {
    const found = await clientOf(flags).get<NumberDetails>(numberPath(number, flags.country));
    const { capabilities, backlog } = found;
    const text = pairs({
        number: found.number,
        label: found.label,
        route: found.route,
        board: found.online ? "online" : "away",
        "one secret": found.twins === undefined ? undefined : `chips ${found.twins.join(", ")} take turns`,
        "last seen": found.seen ?? "never",
        runtime: capabilities === undefined ? undefined : `${capabilities.runtime} ${capabilities.firmware}`,
        application: capabilities?.application,
        packet: capabilities === undefined ? undefined : `${capabilities.packetOctets} octets`,
        waiting: `${backlog.messages} messages, ${backlog.octets} octets`,
    });
    const rows = found.endpoints.map((endpoint) => [
        `${endpoint.address}:${endpoint.port}`,
        endpoint.deviceAddress ?? "",
        endpoint.since,
        endpoint.why,
    ]);
    const history = rows.length === 0 ? "" : "\n\n" + columns([["ADDRESS", "ITS OWN", "SINCE", "WHY"], ...rows]);
    print(flags.json, found, text + history);
}

async function set(number: string, flags: CountryFlag & { label: string }): Promise<void> {
    const { label } = flags;
    const changed = await clientOf(flags).patch<NumberLine>(numberPath(number, flags.country), { label });
    print(flags.json, changed, pairs({ number: changed.number, label: changed.label ?? "none" }));
}

async function rotate(number: string, flags: CountryFlag): Promise<void> {
    const rotated = await clientOf(flags).post<{ number: string }>(numberPath(number, flags.country, "/secret"), {});
    print(
        flags.json,
        rotated,
        `The board of ${rotated.number} has another secret in its flash, and uses it from its next connection on.`,
    );
}

async function remove(number: string, flags: CountryFlag): Promise<void> {
    const removed = await clientOf(flags).remove<{ number: string }>(numberPath(number, flags.country));
    print(flags.json, removed, `${removed.number} is removed; its board is refused from now on.`);
}

async function code(number: string, flags: CountryFlag & { channel?: string; keepBacklog?: boolean }): Promise<void> {
    const { country, channel, keepBacklog } = flags;
    const made = await clientOf(flags).post<{ number: string; code?: string; expires: string; channel: string }>(
        "/v1/codes",
        { number, country, channel, keepBacklog },
    );
    const text =
        made.code === undefined
            ? `The code for ${made.number} went out by ${made.channel}. It is good until ${made.expires}.`
            : `${made.code}\nGood once, until ${made.expires}, for ${made.number}.`;
    print(flags.json, made, text);
}
