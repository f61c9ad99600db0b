import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { uptime } from "node:os";
import { join, resolve } from "node:path";
import { type GatewayConnections, createConnections } from "./aedes/connections.ts";
import type { ConnectionLimits } from "./limits/connection-limits.ts";
import { createBackoffBase } from "./delivery/backoff-base.ts";
import { createCommandChannel } from "./channels/command.ts";
import { createWebhookChannel } from "./channels/webhook.ts";
import type { CodeChannel } from "./directory/code-channel.ts";
import { type Config, readVersion } from "./config.ts";
import { createDelivery, type Delivery } from "./delivery/delivery.ts";
import { createIntake } from "./delivery/intake.ts";
import { createDirectory } from "./directory/directory.ts";
import { GatewayError } from "./error.ts";
import { createServer } from "./http/server.ts";
import type { Server } from "./http/typed-server.ts";
import { createLog } from "./system/log.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Store } from "./ports/store.ts";
import { createQueue } from "./delivery/queue.ts";
import { MESSAGE_SHARES, Shares } from "./limits/shares.ts";
import { ensureAdminToken } from "./store/admin-token.ts";
import { createSteadyClock, type SteadyClock } from "./system/steady-clock.ts";
import { openStore } from "./store/open.ts";
import { startSweeps } from "./delivery/sweeps.ts";
import { Throttle } from "./limits/throttle.ts";
import { SYSTEM_TIMERS, type Timers } from "./system/timers.ts";
import { findTlsFiles, readTlsFiles, watchTlsFiles } from "./tls/files.ts";
import { ADMIN_TOKEN_FILE, createTokens } from "./directory/tokens.ts";

/** A gateway that listens. */
export interface Gateway {
    mqttPort: number;
    /** undefined: there is no certificate, so TLS is not spoken */
    tlsPort: number | undefined;
    httpPort: number;
    /** where HTTP is, for a program on this machine */
    url: string;
    /** where boards connect: host and port */
    mqttAddress: string;
    /** the file with the first admin's token */
    adminTokenFile: string;
    log: Log;
    /** Resolves when the gateway cannot go on: its store is gone. What was not answered is answered with that error; close it. */
    failed: Promise<GatewayError>;
    /** Takes nothing new, answers what is under way, writes it down, and ends. May be called again. */
    close(): Promise<void>;
}

/** What a test may turn by hand. */
export interface Surroundings {
    clock: Clock & Partial<SteadyClock>;
    log: Log;
    timers: Timers;
}

/** How long requests under way may take when the gateway ends. */
const CLOSE_TIMEOUT_MS = 5_000;
const CLOSE_IDLE_EVERY_MS = 50;
const MIN_KEY_CHARS = 16;

/**
 * Wires the gateway and starts it. Whatever fails, what was opened before is closed again.
 * @throws GatewayError("unavailable" or "invalid_request") with a sentence about the folder, the address or the port
 */
export async function startGateway(config: Config, given: Partial<Surroundings> = {}): Promise<Gateway> {
    const {
        clock = createSteadyClock(Date.now, () => uptime() * 1000),
        log = createLog(config.logLevel),
        timers = SYSTEM_TIMERS,
    } = given;
    const closers: (() => Promise<void>)[] = [];
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= closeAll(closers, log));
    try {
        return await start(config, { clock, log, timers }, closers, close);
    } catch (error) {
        await close();
        throw error;
    }
}

/** @param closers gets what closes each part, to be called from the last to the first */
async function start(
    config: Config,
    { clock, log, timers }: Surroundings,
    closers: (() => Promise<void>)[],
    close: () => Promise<void>,
): Promise<Gateway> {
    const dir = resolve(config.data);
    const ending = new AbortController();
    const channel = createChannel(config, clock, log, ending.signal);
    let fail: (error: GatewayError) => void;
    const failed = new Promise<GatewayError>((resolve) => (fail = resolve));
    const notice = (sentence: string) => log.warn({}, sentence);
    const store = await openStore({
        dir,
        notice,
        backlog: { messages: config.backlogMessages, octets: config.backlogOctets },
        failed(error) {
            log.error({ error }, "the store's thread is gone: the gateway ends");
            fail(error);
        },
    });
    closers.push(() => store.close());

    const directory = createDirectory({ store, clock });
    const tokens = createTokens({ store, clock });
    const queue = createQueue({ store, clock });
    const throttle = new Throttle(timers, config.backlogMessages);
    await ensureAdminToken(tokens, dir, notice);

    const intake = createIntake({
        directory,
        queue,
        throttle,
        shares: new Shares(MESSAGE_SHARES),
        notify: (appended) => delivery.appended(appended),
    });
    const delivery = createDelivery({
        store,
        intake: () => intake,
        connections: () => connections,
        clock,
        log,
        timers,
        backoffBase: createBackoffBase({ store, clock }),
    });
    closers.push(() => delivery.close());
    const connections = createConnections({
        events: delivery,
        directory,
        tokens,
        limits: limitsOf(config),
        clock,
        log,
    });
    let listening = false;
    closers.push(async () => {
        listening = false;
        await connections.shut();
    });

    const version = readVersion();
    const mqttListening = () => listening;
    const services = {
        clock,
        timers,
        log,
        store,
        directory,
        tokens,
        intake,
        connections,
        channel,
        mqttListening,
        version,
    };
    const server = await createServer(services);
    closers.push(() => closeServer(server, ending));
    const followClock = () => follow(clock, store, delivery, log);
    const sweeps = startSweeps({ store, directory, connections, throttle, clock, log, timers, followClock });
    closers.push(() => sweeps.close());

    const { host } = config;
    const mqtt = await connections
        .listen({ host, port: config.mqttPort })
        .catch((error: unknown) => explainListen(error, host, config.mqttPort, "--mqtt-port"));
    const tlsPort = await listenTls(config, connections, closers, log);
    listening = true;
    await server
        .listen({ host, port: config.httpPort })
        .catch((error: unknown) => explainListen(error, host, config.httpPort, "--http-port"));
    const httpPort = (server.server.address() as AddressInfo).port;
    log.info({ version, host, mqttPort: mqtt.port, tlsPort, httpPort }, "started");
    closers.unshift(async () => log.info({}, "stopped"));
    return {
        mqttPort: mqtt.port,
        tlsPort,
        httpPort,
        url: `http://${urlHost(reachable(host))}:${httpPort}`,
        mqttAddress: `${urlHost(host)}:${mqtt.port}`,
        adminTokenFile: join(config.data, ADMIN_TOKEN_FILE),
        log,
        failed,
        close,
    };
}

/** @returns whether the clock was set, and the store follows it now */
async function follow(
    clock: Surroundings["clock"],
    store: Pick<Store, "upkeep">,
    delivery: Pick<Delivery, "clockStepped">,
    log: Log,
): Promise<boolean> {
    const step = clock.follow?.();
    if (step === undefined) return false;
    try {
        const followed = store.upkeep.followClock(step);
        delivery.clockStepped(step);
        await followed;
    } catch (error) {
        clock.undo?.(step);
        delivery.clockStepped({ fromMs: step.fromMs + step.byMs, untilMs: step.untilMs + step.byMs, byMs: -step.byMs });
        throw error;
    }
    log.warn({ byS: Math.round(step.byMs / 1000) }, "the clock was set: what waits and what is valid moved with it");
    return true;
}

function limitsOf(config: Config): Partial<ConnectionLimits> {
    const { connections, connectionsPerAddress, connectsPerAddress, failuresPerAddress, boardMessages } = config;
    return {
        connections,
        perAddress: connectionsPerAddress,
        connectsPerAddress: { burst: 10 * connectsPerAddress, perSecond: connectsPerAddress },
        failuresPerAddress: { burst: 100 * failuresPerAddress, perSecond: failuresPerAddress },
        messagesPerRoute: { burst: boardMessages, perSecond: boardMessages / 60 },
    };
}

/** Opens the TLS listener if there is a certificate for it, named or made by `toque tls init`. @returns its port */
async function listenTls(
    { data, host, tlsPort, tlsCert, tlsKey }: Config,
    connections: GatewayConnections,
    closers: (() => Promise<void>)[],
    log: Log,
): Promise<number | undefined> {
    const named = tlsCert !== undefined && tlsKey !== undefined ? { certificate: tlsCert, key: tlsKey } : undefined;
    const files = named ?? findTlsFiles(resolve(data));
    if (files === undefined) return undefined;
    const listener = await connections
        .listen({ host, port: tlsPort, tls: readTlsFiles(files) })
        .catch((error: unknown) => explainListen(error, host, tlsPort, "--tls-port"));
    const unwatch = watchTlsFiles(files, (material) => listener.reload(material), log);
    closers.push(async () => unwatch());
    return listener.port;
}

function createChannel(config: Config, clock: Clock, log: Log, signal: AbortSignal): CodeChannel | undefined {
    if (config.codesCommand !== undefined) return createCommandChannel({ words: config.codesCommand, log, signal });
    if (config.codesWebhook === undefined || config.codesWebhookKey === undefined) return undefined;
    let key: string;
    try {
        key = readFileSync(config.codesWebhookKey, "utf8").trim();
    } catch (error) {
        throw new GatewayError(
            "invalid_request",
            "The file of --codes-webhook-key cannot be read: look at its name and rights.",
            {
                cause: error,
            },
        );
    }
    if (key.length < MIN_KEY_CHARS) {
        throw new GatewayError(
            "invalid_request",
            `The file of --codes-webhook-key must hold ${MIN_KEY_CHARS} characters or more: make it with "openssl rand -hex 32".`,
        );
    }
    return createWebhookChannel({ url: config.codesWebhook, key, clock, log, signal });
}

/** Waits for requests under way, but not for ever. A connection that was answered meanwhile would else stay for its keep-alive. */
async function closeServer(server: Server, ending: AbortController): Promise<void> {
    const late = setTimeout(() => {
        ending.abort();
        server.server.closeAllConnections();
    }, CLOSE_TIMEOUT_MS);
    const idle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    try {
        await server.close();
    } finally {
        clearTimeout(late);
        clearInterval(idle);
    }
}

/** Closes every part, the last one opened first; one that fails does not keep the others open. */
async function closeAll(closers: (() => Promise<void>)[], log: Log): Promise<void> {
    for (const closePart of closers.reverse()) {
        try {
            await closePart();
        } catch (error) {
            log.error({ error }, "a part did not close as it should");
        }
    }
}

function explainListen(error: unknown, host: string, port: number, flag: string): never {
    const sentences: Record<string, string> = {
        EADDRINUSE: `Port ${port} is already in use on ${host}: stop the other program, or choose another port with ${flag}.`,
        EACCES: `Port ${port} is not allowed for this user: choose one above 1023 with ${flag}.`,
        EADDRNOTAVAIL: `${host} is not an address of this machine: give one that it has with --host.`,
        ENOTFOUND: `${host} is not an address of this machine: give one that it has with --host.`,
    };
    const sentence = sentences[(error as NodeJS.ErrnoException).code ?? ""];
    if (sentence === undefined) throw error;
    throw new GatewayError("unavailable", sentence, { cause: error });
}

/** An address that stands for all of them is reached at the loopback one. */
function reachable(host: string): string {
    if (host === "0.0.0.0") return "127.0.0.1";
    return host === "::" ? "::1" : host;
}

function urlHost(host: string): string {
    return host.includes(":") ? `[${host}]` : host;
}
