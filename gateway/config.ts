import { existsSync, readFileSync } from "node:fs";
import { GatewayError } from "./error.ts";
import { isLoopback } from "./limits/client-key.ts";
import type { LogLevel } from "./system/log.ts";

/** One option: its flag, its environment variable, what it is without both, and how its text is read. */
interface Option<T> {
    /** as commander wants it: "--mqtt-port <port>" */
    flag: string;
    environment: string;
    fallback: string | undefined;
    description: string;
    /** @throws GatewayError("invalid_request") whose sentence goes on after the option's name */
    read(text: string): T;
}

/** Every option of `toque serve`, in the order of its help. The flag wins over the environment. */
export const OPTIONS = {
    data: option("--data <folder>", "TOQUE_DATA", "toque-data", "folder of the store and the admin token", readText),
    host: option(
        "--host <address>",
        "TOQUE_HOST",
        "127.0.0.1",
        "address to listen on, the one boards can reach; or an interface, as eth0, whose address may change",
        readText,
    ),
    mqttPort: option("--mqtt-port <port>", "TOQUE_MQTT_PORT", "1883", "port for boards, 0 for any free one", readPort),
    httpPort: option("--http-port <port>", "TOQUE_HTTP_PORT", "8080", "port for senders, 0 for any free one", readPort),
    tlsPort: option("--tls-port <port>", "TOQUE_TLS_PORT", "8883", "port for boards that speak TLS", readPort),
    tlsCert: maybe(
        "--tls-cert <file>",
        "TOQUE_TLS_CERT",
        "certificate with its chain, PEM; what `toque tls init` made is found without it",
        readText,
    ),
    tlsKey: maybe("--tls-key <file>", "TOQUE_TLS_KEY", "the certificate's key, PEM", readText),
    logLevel: option("--log-level <level>", "TOQUE_LOG_LEVEL", "info", "info, warn, error or silent", readLevel),
    codesCommand: maybe(
        "--codes-command <command>",
        "TOQUE_CODES_COMMAND",
        "program that sends a one-time code: words with {number} and {code} in them, run without a shell; it finds them in TOQUE_NUMBER and TOQUE_CODE too, which `ps` does not show",
        readCommand,
    ),
    codesWebhook: maybe(
        "--codes-webhook <url>",
        "TOQUE_CODES_WEBHOOK",
        "address that gets one-time codes as signed POST requests",
        readUrl,
    ),
    codesWebhookKey: maybe(
        "--codes-webhook-key <file>",
        "TOQUE_CODES_WEBHOOK_KEY",
        "file with the key that signs those requests, 16 characters or more",
        readText,
    ),
    codesWebhookClear: maybe(
        "--codes-webhook-clear <yes>",
        "TOQUE_CODES_WEBHOOK_CLEAR",
        "yes: codes may go to an http:// address of another machine, though anybody on the way can read them",
        readYes,
    ),
    backlogMessages: option(
        "--backlog-messages <number>",
        "TOQUE_BACKLOG_MESSAGES",
        "1000",
        "messages that may wait for one board",
        whole(1, 100_000),
    ),
    backlogOctets: option(
        "--backlog-octets <number>",
        "TOQUE_BACKLOG_OCTETS",
        "262144",
        "octets that may wait for one board",
        whole(4_096, 64 * 1024 * 1024),
    ),
    storeMegabytes: maybe(
        "--store-megabytes <number>",
        "TOQUE_STORE_MEGABYTES",
        "megabytes that the store may hold; without it half of the room that its disk has left at the start, beside what it holds",
        whole(1, 100_000_000),
    ),
    boardMessages: option(
        "--board-messages <number>",
        "TOQUE_BOARD_MESSAGES",
        "60",
        "messages a minute that one board may send to other numbers; more of them wait",
        whole(1, 60_000),
    ),
    connections: option(
        "--connections <number>",
        "TOQUE_CONNECTIONS",
        "20000",
        "MQTT connections in all",
        whole(1, 1_000_000),
    ),
    connectionsPerAddress: option(
        "--connections-per-address <number>",
        "TOQUE_CONNECTIONS_PER_ADDRESS",
        "15000",
        "MQTT connections of one address: a house behind one router, or all boards behind a proxy",
        whole(1, 1_000_000),
    ),
    connectsPerAddress: option(
        "--connects-per-address <number>",
        "TOQUE_CONNECTS_PER_ADDRESS",
        "1000",
        "connects a second of one address, ten times as many at once",
        whole(1, 100_000),
    ),
    failuresPerAddress: option(
        "--failures-per-address <number>",
        "TOQUE_FAILURES_PER_ADDRESS",
        "20",
        "wrong secrets and codes a second from one address, 100 times as many at once; then only boards that were there before may connect from it",
        whole(1, 100_000),
    ),
};

/** The gateway's configuration, read once at its start. */
export type Config = { [Key in keyof typeof OPTIONS]: ReturnType<(typeof OPTIONS)[Key]["read"]> | Absent<Key> };
type Absent<Key extends keyof typeof OPTIONS> = (typeof OPTIONS)[Key]["fallback"] extends string ? never : undefined;

/** The flags' texts by the option's name, as commander gives them. */
export type Flags = { [Key in keyof typeof OPTIONS]?: string };

/**
 * Reads the configuration from flags and environment.
 * @throws GatewayError("invalid_request") naming the flag or the variable that is wrong
 */
export function readConfig(flags: Flags, environment: NodeJS.ProcessEnv): Config {
    const config: Record<string, unknown> = {};
    const given = (name: keyof Flags) =>
        flags[name] !== undefined || (environment[OPTIONS[name].environment] ?? "") !== "";
    for (const [name, option] of Object.entries(OPTIONS) as [keyof Flags, Option<unknown>][]) {
        const flag = flags[name];
        const variable = environment[option.environment];
        const text = flag ?? (variable === "" ? undefined : variable) ?? option.fallback;
        if (text === undefined) continue;
        const source = flag === undefined ? option.environment : option.flag.split(" ", 1)[0]!;
        try {
            config[name] = option.read(text);
        } catch (error) {
            throw new GatewayError("invalid_request", `${source} ${(error as Error).message}`);
        }
    }
    if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
        throw new GatewayError("invalid_request", "Give --tls-cert and --tls-key together.");
    }
    if (config.codesCommand !== undefined && config.codesWebhook !== undefined) {
        throw new GatewayError("invalid_request", "Give --codes-command or --codes-webhook, not both.");
    }
    if ((config.codesWebhook === undefined) !== (config.codesWebhookKey === undefined)) {
        throw new GatewayError("invalid_request", "Give --codes-webhook and --codes-webhook-key together.");
    }
    if (typeof config.codesWebhook === "string")
        checkWebhook(config.codesWebhook, config.codesWebhookClear, environment);
    if ((config.connectionsPerAddress as number) > (config.connections as number)) {
        if (given("connectionsPerAddress")) {
            throw new GatewayError(
                "invalid_request",
                "--connections-per-address is more than --connections: raise the one or lower the other.",
            );
        }
        config.connectionsPerAddress = config.connections;
    }
    return config as unknown as Config;
}

/** Codes are worth as much as a number: nobody on the way may read them, or pose as the one who gets them. */
function checkWebhook(address: string, clear: unknown, environment: NodeJS.ProcessEnv): void {
    const { protocol, hostname } = new URL(address);
    if (protocol === "http:" && !isLoopback(hostname) && clear !== "yes") {
        throw wrong(
            "--codes-webhook sends codes in clear to another machine: give an https:// address, or --codes-webhook-clear yes if nobody else is on that network.",
        );
    }
    if (protocol === "https:" && environment.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
        throw wrong(
            "NODE_TLS_REJECT_UNAUTHORIZED=0 lets anybody pose as the address of --codes-webhook: take it out, and name the file of a CA of your own in NODE_EXTRA_CA_CERTS.",
        );
    }
}

/** The version of this package, whose folder is above the sources, and above what is built of them. */
export function readVersion(): string {
    const above = ["../package.json", "../../package.json"].map((path) => new URL(path, import.meta.url));
    const text = readFileSync(
        above.find((file) => existsSync(file))!,
        "utf8",
    );
    return (JSON.parse(text) as { version: string }).version;
}

function option<T>(
    flag: string,
    environment: string,
    fallback: string,
    description: string,
    read: (text: string) => T,
) {
    return { flag, environment, fallback, description, read } satisfies Option<T>;
}

function maybe<T>(flag: string, environment: string, description: string, read: (text: string) => T) {
    return { flag, environment, fallback: undefined, description, read } satisfies Option<T>;
}

function wrong(sentence: string): GatewayError {
    return new GatewayError("invalid_request", sentence);
}

function readText(text: string): string {
    if (text.trim() === "") throw wrong("is empty: leave it out or give it a value.");
    return text;
}

function readPort(text: string): number {
    const port = Number(text);
    if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw wrong("must be a port: a number from 0 to 65535.");
    return port;
}

function whole(least: number, most: number): (text: string) => number {
    return (text) => {
        const value = Number(text);
        if (!/^[0-9]{1,9}$/.test(text) || value < least || value > most) {
            throw wrong(`must be a whole number from ${least} to ${most}.`);
        }
        return value;
    };
}

function readYes(text: string): "yes" | "no" {
    if (text !== "yes" && text !== "no") throw wrong("must be yes or no.");
    return text;
}

function readLevel(text: string): LogLevel {
    if (text !== "info" && text !== "warn" && text !== "error" && text !== "silent") {
        throw wrong("must be info, warn, error or silent.");
    }
    return text;
}

/** Splits into words at spaces; "…" and '…' keep theirs. */
function readCommand(text: string): string[] {
    const quoted = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
    const words = text.match(quoted) ?? [];
    if (text.replace(quoted, "").trim() !== "") throw wrong("has a quotation mark that is not closed.");
    const plain = words.map((word) =>
        word.replace(/"([^"]*)"|'([^']*)'/g, (_, a?: string, b?: string) => a ?? b ?? ""),
    );
    if ((plain[0] ?? "") === "") throw wrong("must name a program.");
    return plain;
}

function readUrl(text: string): string {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "https:" && url?.protocol !== "http:") throw wrong("must be an http:// or https:// address.");
    if (url.username !== "" || url.password !== "") {
        throw wrong("must have no user name or password in it: the signature proves who sends.");
    }
    return url.href;
}
