/**
 * `toque emulate <number> --route R --secret S`, or `npm run emulate -- …` in the repository: an emulated board with its screen here; commands on the input move its Wi-Fi and its power.
 */
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { DeviceOptions, EmulatedDevice, Runtime } from "./device.ts";
import { type FleetOptions, runFleet } from "./fleet.ts";
import { INTERPRETERS } from "./lua/machine.ts";
import { plain } from "../shared/terminal.ts";
import { decodeText } from "./screen.ts";
import { RUNTIMES, startDevice } from "./start.ts";

const USAGE = `toque emulate <number> --route R --secret S [options]

  <number>            as E.164: "+34 600 111 222"
  --route, --secret   as \`toque number add\` printed them; or
  --code C            a one-time code, to enrol with
  --gateway HOST:PORT where the gateway's MQTT listens (127.0.0.1:1883)
  --runtime R         ${RUNTIMES.join(", ")} (espruino-sim)
  --lua L             the lua runtime's interpreter: ${INTERPRETERS.join(", ")} (fengari); the last two are
                      the firmware's own, built for this machine and named by NODEMCU_LUA and NODEMCU_LUA53
  --app FILE          your own application, as you would flash it, or in TypeScript (not for host)
  --address A         loopback address to leave from (127.0.0.1)
  --flash DIR         keeps the board's flash there
  --keep-alive S      seconds (60)
  --ca FILE           PEM of the CA to trust: TLS
  --fleet N           instead of a number: so many virtual devices, registered through
  --url URL --token T the gateway's HTTP and an admin token (TOQUE_URL, TOQUE_TOKEN)

On its input: address [A], down, up [A], drop, press PIN, release PIN, analog A0 VOLTS, pins, display,
              read SEQUENCE, send NUMBER TEXT, reboot, quit`;

/** A wrong call: the sentence, and nothing else. */
class UsageError extends Error {}

function parse(args: string[]) {
    const text = { type: "string" } as const;
    return parseArgs({
        args,
        allowPositionals: true,
        options: {
            route: text,
            secret: text,
            code: text,
            gateway: { type: "string", default: "127.0.0.1:1883" },
            runtime: text,
            lua: text,
            app: text,
            address: text,
            help: { type: "boolean" },
            flash: text,
            "keep-alive": text,
            ca: text,
            fleet: text,
            url: text,
            token: text,
        },
    });
}

type Values = ReturnType<typeof parse>["values"];

function readGateway({ gateway }: Values): { host: string; port: number } {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(gateway) ?? [];
    if (host === undefined) throw new UsageError(`--gateway ${gateway}: give host and port, as 127.0.0.1:1883.`);
    return { host, port: Number(port) };
}

function readKeepAlive({ "keep-alive": text }: Values): number | undefined {
    if (text !== undefined && !/^\d+$/.test(text)) throw new UsageError("--keep-alive: give seconds.");
    return text === undefined ? undefined : Number(text);
}

/** A number in E.164, with spaces and dashes between its digits. The gateway reads more forms; here none is guessed at. */
function readNumber(typed: string): string {
    const number = typed.replace(/[\s-]/g, "");
    if (!/^\+[1-9]\d{1,14}$/.test(number))
        throw new UsageError("This is not a phone number with + and its country code: write +34600111222."); // not repeated: it may be a person's
    return number;
}

/** `--lua` implies the lua runtime. */
function readRuntime({ runtime, lua }: Values): { runtime: Runtime; interpreter: string | undefined } {
    if (runtime === undefined) return { runtime: lua === undefined ? "espruino-sim" : "lua", interpreter: lua };
    if (!RUNTIMES.includes(runtime as Runtime))
        throw new UsageError(`There is no runtime "${runtime}": use ${RUNTIMES.join(", ")}.`);
    if (lua !== undefined && runtime !== "lua")
        throw new UsageError(`--lua ${lua}: the runtime ${runtime} runs no Lua. Leave one of them out.`);
    return { runtime: runtime as Runtime, interpreter: lua };
}

/** Undefined: the words ask for one board. */
export function readFleetOptions(args: string[]): FleetOptions | undefined {
    const { values } = parse(args);
    if (values.fleet === undefined) return undefined;
    const size = Number(values.fleet);
    if (!Number.isInteger(size) || size < 1 || size > 60_000) throw new UsageError("--fleet: give 1 to 60000.");
    const url = values.url ?? (process.env.TOQUE_URL || undefined); // empty is as good as not set
    const token = values.token ?? (process.env.TOQUE_TOKEN || undefined);
    if (url === undefined || token === undefined)
        throw new UsageError("A fleet is registered over HTTP: give --url and --token, or TOQUE_URL and TOQUE_TOKEN.");
    const { protocol = "", username, password } = URL.canParse(url) ? new URL(url) : ({} as Partial<URL>);
    if (!/^https?:$/.test(protocol) || username !== "" || password !== "")
        throw new UsageError("--url: give http://HOST:PORT, without a user name or a password."); // not repeated: it may be a secret
    return { size, gateway: readGateway(values), url, token, keepAliveS: readKeepAlive(values) };
}

export function readOptions(args: string[]): DeviceOptions {
    const { values, positionals } = parse(args);
    const { route, secret, code, flash, ca, app } = values;
    if (positionals.length === 0) throw new UsageError(`Give one phone number.\n\n${USAGE}`);
    if ((route === undefined || secret === undefined) && code === undefined && flash === undefined)
        throw new UsageError("Give --route and --secret, as `toque number add` printed them, or --code to enrol.");
    const { runtime, interpreter } = readRuntime(values);
    if (app !== undefined && !existsSync(app)) throw new UsageError(`--app: there is no file ${app}.`);
    if (app !== undefined && runtime === "host")
        throw new UsageError("--app: the runtime host runs no board's application: use espruino-sim or lua.");
    if (ca !== undefined && !existsSync(ca)) throw new UsageError(`--ca: there is no file ${ca}.`);
    return {
        runtime,
        interpreter,
        number: readNumber(positionals.join(" ")),
        route,
        secret,
        code,
        gateway: readGateway(values),
        app,
        address: values.address,
        flashDir: flash,
        keepAliveS: readKeepAlive(values),
        ca: ca === undefined ? undefined : readFileSync(ca, "utf8"),
    };
}

/** 127.0.0.1, 127.0.0.2 … 127.0.0.254, 127.0.0.1 … */
function nextAddress(address: string | undefined): string {
    const last = Number((address ?? "127.0.0.0").split(".")[3]);
    return `127.0.0.${(last % 254) + 1}`;
}

/** Carries out one line of input. @returns what to print about it */
async function obey(device: EmulatedDevice, line: string): Promise<string | undefined> {
    const [command = "", argument, ...rest] = line.trim().split(/\s+/);
    const octets = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
    switch (command) {
        case "":
            return undefined;
        case "address": {
            const address = argument ?? nextAddress(device.address);
            await device.setAddress(address);
            return `the address is ${address}`;
        }
        case "down":
            await device.linkDown();
            return "the Wi-Fi is gone";
        case "up":
            await device.linkUp(argument);
            return `the Wi-Fi is back, with ${device.address}`;
        case "drop":
            await device.hiddenDrop();
            return "the Wi-Fi was lost and is back, without an event";
        case "reboot":
            await device.reboot();
            return "power cut, and power again";
        case "press":
            await device.press(argument ?? "");
            return `${argument} is pressed: release it`;
        case "release":
            await device.release(argument ?? "");
            return `${argument} is released`;
        case "analog":
            await device.analog(argument ?? "", Number(rest[0]));
            return `${argument} has ${rest[0]} V`;
        case "pins":
            return device.pins().join("; ") || "no pin was used";
        case "display":
            return device
                .display()
                .lines.map((text) => text.padEnd(21))
                .join("\n");
        case "read":
            return (await device.say({ say: "read", sequence: Number(argument) }))
                ? undefined
                : "the board refused: its outbox is full";
        case "send": {
            const what = { say: "msg", to: argument ?? "", body: octets(rest.join(" ")) } as const;
            return (await device.say(what)) ? undefined : "the board refused: its outbox is full, try again later";
        }
        default:
            return `There is no command "${command}". Use address [A], down, up [A], drop, press PIN, release PIN, analog A0 VOLTS, pins, display, read SEQUENCE, send NUMBER TEXT, reboot or quit.`;
    }
}

async function run(words: string[]): Promise<void> {
    if (words.includes("--help")) return console.log(USAGE);
    const fleet = readFleetOptions(words);
    if (fleet !== undefined) return runFleet(fleet);
    const device = await startDevice(readOptions(words));
    const show = (line: string): void => console.log(plain(line));
    let ending = false;
    let ended = false;
    /** Where nobody looks, an application's error is the end. */
    const judge = (): void => {
        if (ending || !ended || device.failure === undefined) return;
        process.exitCode = 1;
        end();
    };
    for (const line of device.screen) show(line);
    device.on("line", (line) => {
        show(line);
        judge();
    });
    device.on("push", ({ sequence, body, title, from }) => {
        const sender = from === undefined ? "" : ` from ${decodeText(from)}`;
        show(`message ${sequence}${sender}: ${title === undefined ? "" : decodeText(title) + ": "}${decodeText(body)}`);
    });
    const end = (): void => {
        if (ending) return;
        ending = true;
        input.close();
        void device.close().then(() => process.exit());
    };
    device.on("gone", (why) => {
        console.error(plain(why));
        process.exitCode = 1;
        end();
    });
    const input = createInterface({ input: process.stdin });
    input.on("line", (line) => {
        if (line.trim() === "quit") end();
        else
            void obey(device, line).then(
                (answer) => answer?.split("\n").forEach((text) => show(`[${text}]`)),
                (error: unknown) => show(`[${String(error)}]`),
            );
    });
    input.on("close", () => {
        ended = process.stdin.isTTY !== true;
        judge();
    });
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
}

/** The command, with the words behind it. What goes wrong ends it with a sentence: exit code 2 if the words are wrong, else 1. */
export async function emulate(words: string[]): Promise<void> {
    await run(words).catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = error instanceof UsageError ? 2 : 1;
    });
}

if (process.argv[1]?.endsWith("emulate.ts") === true) await emulate(process.argv.slice(2));
