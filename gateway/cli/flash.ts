import { X509Certificate } from "node:crypto";
import { readFileSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { plain } from "../../shared/terminal.ts";
import type * as flashScripts from "../../flash-scripts/flash.ts";
import { compile } from "./build.ts";
import type { Client } from "./client.ts";
import { COUNTRY, clientOf, numberPath, remoteCommand } from "./command.ts";
import { chooseFolder } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { type BrokerAddress, type Credentials, checkHost, reach, readBroker, redeem } from "./flash-gateway.ts";
import { type FlashFlags, type Wishes, readNumber, readWishes } from "./flash-wishes.ts";
import { readGatewayFile } from "./gateway-file.ts";
import { type AddedNumber, type NumberDetails, protect } from "./numbers.ts";
import { print } from "./print.ts";
import { Questions } from "./questions.ts";

/** The gateway hears of a board a moment after the board's screen shows it. */
const ONLINE_LOOKS = 20;
const ONLINE_LOOK_MS = 500;

type Scripts = typeof flashScripts;

/** `toque flash [number]` */
export function flashCommand(): Command {
    return remoteCommand("flash", "put Toque on a board; asks at a terminal for what is not given")
        .argument("[number]")
        .option(...COUNTRY)
        .option(
            "--board <board>",
            "chip and firmware: espruino-esp32, espruino-esp8266, nodemcu-esp32 or nodemcu-esp8266",
        )
        .option("--port <port>", "the board's serial port (/dev/ttyUSB0, COM3), or tcp://HOST:PORT")
        .option("--gateway <host[:port]>", "where the board finds the gateway; as the gateway has it unless given")
        .option("--ssid <name>", "the Wi-Fi; without it the board joins the one that its firmware remembers")
        .option("--password-file <file>", "a file with the Wi-Fi's password (TOQUE_WIFI_PASSWORD has it otherwise)")
        .option("--code-file <file>", 'a file with the number\'s code from "toque code" (TOQUE_CODE has it otherwise)')
        .option("--credentials-file <file>", 'a file with route and secret, as "toque number add --json" prints them')
        .option("--app <file>", "your application, also in TypeScript: see device/examples")
        .option("--label <label>", "what you call the number")
        .option("--replace", "end the board that has the number, without asking")
        .option("--keep-alive <seconds>", "15 to 300")
        .option("--ca <file>", "PEM of the CA to trust: TLS, on an ESP32 with Espruino")
        .option("--config <file>", "all that as JSON; - reads standard input")
        .action(flash);
}

async function flash(typed: string | undefined, flags: FlashFlags): Promise<void> {
    const wishes = readWishes(typed, flags, process.env);
    const scripts = await import("../../flash-scripts/flash.ts"); // the other commands start faster without it
    try {
        await ask(scripts, wishes, flags);
        const kind = scripts.BOARDS[wishes.board!];
        if (kind === undefined)
            throw new Failure(`There is no board "${wishes.board}": use ${Object.keys(scripts.BOARDS).join(", ")}.`, 2);
        if (wishes.ca !== undefined && !kind.tls)
            throw new Failure(`--ca: ${kind.name} has no TLS that Toque can use.`, 2);
        const port = wishes.port!;
        await scripts.checkPort(port);
        const number = readNumber(wishes.number!, wishes.country);
        const broker: BrokerAddress = readBroker(wishes.gateway!);
        if (wishes.ca !== undefined) broker.ca = readFileSync(wishes.ca, "utf8");
        checkHost(broker, runsHere(port));
        (await reach(broker)).destroy();
        const bundle = readBundle(scripts, kind.firmware);
        const app = wishes.app === undefined ? undefined : await compile(wishes.app, kind.firmware);
        const client = wishes.code === undefined && wishes.route === undefined ? clientOf(flags) : undefined;
        const credentials = await findCredentials(client, broker, number, wishes, flags);
        const settings = {
            ...{ host: broker.host, port: broker.port, number, ssid: wishes.ssid, password: wishes.password },
            keepAliveS: wishes.keepAlive === undefined ? undefined : Math.floor(Number(wishes.keepAlive)),
            ca: wishes.ca === undefined ? undefined : readCertificate(wishes.ca),
        };
        const plan = { board: kind, port, bundle, settings, credentials };
        await scripts.flash({ ...plan, app, firstApp: Buffer.from(scripts.PRINTS[kind.firmware]!) }, show(flags));
        if (client !== undefined) await untilOnline(client, number, credentials.route);
        print(
            flags.json,
            { number, label: wishes.label, board: wishes.board, port, online: true },
            `${number} is online. Try it: toque send ${number} "Dinner is ready" --wait`,
        );
    } catch (error) {
        if (error instanceof scripts.FlashError) throw new Failure(error.message, 1);
        throw error;
    }
}

/** Completes the wishes at a terminal. @throws Failure when nobody is there to ask, and something is missing */
async function ask(scripts: Scripts, wishes: Wishes, flags: FlashFlags): Promise<void> {
    const known = knownGateway(flags);
    const asks = flags.json !== true && process.stdin.isTTY && process.stderr.isTTY;
    if (!asks) {
        wishes.gateway ??= known;
        const missing = (["board", "port", "number", "gateway"] as const).filter((name) => wishes[name] === undefined);
        if (missing.length === 0) return;
        const names = missing.map((name) => (name === "number" ? "the number" : `--${name}`)).join(", ");
        throw new Failure(`There is no terminal to ask at. Give what is missing: ${names}.`, 2);
    }
    const questions = new Questions(process.stdin, process.stderr);
    try {
        const boards = Object.entries(scripts.BOARDS).map(([name, { name: text }]) => ({ name, text }));
        wishes.board ??= await questions.choose("Which board?", boards);
        if (wishes.port === undefined) {
            const ports = (await scripts.listPorts()).map(({ path, name }) => ({ name: path, text: name }));
            wishes.port = await questions.choose(
                ports.length === 0 ? "Which port? None is there:" : "Which port?",
                ports,
            );
        }
        if (wishes.ssid === undefined) {
            const ssid = await questions.ask("Which Wi-Fi? (empty: the one that the board remembers)");
            if (ssid !== "")
                Object.assign(wishes, {
                    ssid,
                    password: wishes.password ?? (await questions.ask("Its password?", true)),
                });
        }
        wishes.gateway ??=
            (await questions.ask(`Where is the gateway?${known === undefined ? "" : ` [${known}]`}`)) || known;
        wishes.number ??= await questions.ask("Which number?");
        if (wishes.code === undefined && wishes.route === undefined && !(await mayManage(flags)))
            wishes.code = await questions.ask("Its code? (toque code prints one)", true);
    } finally {
        questions.close();
    }
}

/** Where the running gateway of the folder listens for boards, if a board can reach that. */
function knownGateway(flags: FlashFlags): string | undefined {
    const found = readGatewayFile(chooseFolder(flags.data, process.env));
    if (found === undefined) return undefined;
    const { hostname } = new URL(found.url);
    return hostname.startsWith("127.") || hostname === "localhost" ? undefined : `${hostname}:${found.mqttPort}`;
}

/** Whether there is a token, as the other commands find it. */
function mayManage(flags: FlashFlags): Promise<boolean> {
    return clientOf(flags)
        .get("/v1/numbers?limit=1")
        .then(
            () => true,
            () => false,
        );
}

/** With a code or with what was given; otherwise the number is registered. @throws Failure */
async function findCredentials(
    client: Client | undefined,
    broker: BrokerAddress,
    number: string,
    { code, route, secret, label, replace }: Wishes,
    flags: FlashFlags,
): Promise<Credentials> {
    if (route !== undefined && secret !== undefined) return { route, secret };
    if (code !== undefined || client === undefined) return redeem(broker, number, code!);
    const found = await client.get<NumberDetails>(numberPath(number)).catch((error: unknown) => {
        if (error instanceof Failure && error.exitCode === 3) return undefined; // unknown as yet
        throw error;
    });
    // one that never connected is what an interrupted try left
    const isNew = found === undefined || (found.seen === undefined && !found.online);
    if (!isNew && replace !== true) await protect(client, number, { ...flags, keepBacklog: true });
    return client.post<AddedNumber>("/v1/numbers", { number, label: label ?? found?.label, keepBacklog: true });
}

/** A pseudo-terminal or a port of this machine's loopback: an emulated board, for which loopback is the way to the gateway. */
function runsHere(port: string): boolean {
    return port.startsWith("tcp://")
        ? /^tcp:\/\/(127\.|localhost)/.test(port)
        : realpathSync(port).startsWith("/dev/pts/");
}

function readBundle(scripts: Scripts, firmware: string): Map<string, Buffer> {
    const folder = fileURLToPath(new URL(`../../dist/${firmware}/`, import.meta.url));
    scripts.checkBuilt(folder, 'run "npm run build", or install Toque again.');
    const names = readdirSync(folder).filter((name) => /\.(js|lua)$/.test(name));
    return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** @param file PEM @returns DER in base64, as boards keep it */
function readCertificate(file: string): string {
    try {
        return new X509Certificate(readFileSync(file)).raw.toString("base64");
    } catch {
        throw new Failure(`--ca: ${file} is not a certificate in PEM.`, 2);
    }
}

/** One line that changes on a terminal, a line for each quarter elsewhere, nothing with --json. */
function show({ json }: FlashFlags) {
    const write = (text: string) => json === true || process.stderr.write(text);
    const terminal = process.stderr.isTTY;
    let quarter = 0;
    return {
        note: (text: string) => void write(`${terminal ? "\r\x1b[K" : ""}${plain(text)}\n`),
        sent: (octets: number, of: number) => {
            const line = `Sent ${octets} of ${of} octets`;
            if (terminal) write(`\r\x1b[K${line}`);
            else if (Math.floor((octets * 4) / of) !== quarter) write(`${line}\n`);
            quarter = Math.floor((octets * 4) / of);
        },
    };
}

async function untilOnline(client: Client, number: string, route: string): Promise<void> {
    for (let look = 0; look < ONLINE_LOOKS; look++) {
        const found = await client.get<NumberDetails>(numberPath(number));
        if (found.online && found.route === route) return;
        await sleep(ONLINE_LOOK_MS);
    }
    throw new Failure(`The board is online, but not at this gateway: does --url name the one that it has?`, 5);
}
