import type { AddressInfo } from "node:net";
import { uptime } from "node:os";
import { join, resolve } from "node:path";
import { createConnections, type GatewayConnections } from "./aedes/connections.ts";
import { createChannel } from "./channels/channel.ts";
import type { Clock } from "./clock.ts";
import { readVersion, type Config } from "./config.ts";
import { createDomain } from "./delivery/domain.ts";
import { createClockFollower } from "./delivery/follow-clock.ts";
import { startSweeps } from "./delivery/sweeps.ts";
import { ADMIN_TOKEN_FILE } from "./directory/tokens.ts";
import type { GatewayError } from "./error.ts";
import { closeServer } from "./http/close-server.ts";
import { createServer } from "./http/server.ts";
import { createCalmLog } from "./limits/calm-log.ts";
import type { ConnectionLimits } from "./limits/connection-limits.ts";
import type { Log } from "./log.ts";
import { ensureAdminToken } from "./store/admin-token.ts";
import { openStore } from "./store/open.ts";
import { Closers } from "./system/closers.ts";
import { explainListen, listenOn, localAddress, urlHost } from "./system/listening.ts";
import { addressOf, watchAddress } from "./system/own-address.ts";
import { createLog } from "./system/log.ts";
import { createSteadyClock, type SteadyClock } from "./system/steady-clock.ts";
import { SYSTEM_TIMERS, type Timers } from "./system/timers.ts";
import {
    findTlsFiles,
    readTlsFiles,
    reportEnd,
    stateOf,
    watchTlsFiles,
    type TlsFiles,
    type TlsMaterial,
} from "./tls/files.ts";

/** A gateway that listens. */
export interface Gateway {
    mqttPort: number;
    /** undefined: there is no certificate, so TLS is not offered */
    tlsPort: number | undefined;
    httpPort: number;
    /** where HTTP is, for a program on this machine */
    url: string;
    /** where boards connect: host and port */
    mqttAddress: string;
    /** What is called when the gateway listens on another address; `url` has it by then. */
    onMove(call: () => void): void;
    /** the file with an admin's token; undefined: the one in the data folder holds none that is valid */
    adminTokenFile: string | undefined;
    log: Log;
    /** Resolves when the gateway cannot go on: its store is gone. Requests under way are answered with that error; close it. */
    failed: Promise<GatewayError>;
    /** Takes nothing new, answers what is under way, stores it, and ends. May be called again. */
    close(): Promise<void>;
}

/** How often the log counts what it left out. */
const LEFT_OUT_EVERY_MS = 60_000;

/** What a test may turn by hand. */
export interface Surroundings {
    clock: Clock & Partial<SteadyClock>;
    log: Log;
    timers: Timers;
}

/**
 * Wires the gateway and starts it. When something fails, what was opened before is closed again.
 * @throws GatewayError("unavailable" or "invalid_request") with a sentence about the folder, the address or the port
 */
export async function startGateway(config: Config, given: Partial<Surroundings> = {}): Promise<Gateway> {
    const { clock = createSteadyClock(Date.now, () => uptime() * 1000), timers = SYSTEM_TIMERS } = given;
    const log = createCalmLog(given.log ?? createLog(config.logLevel), timers);
    const closers = new Closers(log);
    closers.push(() => log.flush());
    closers.push(timers.every(LEFT_OUT_EVERY_MS, () => log.flush()));
    try {
        return await start(config, { clock, log, timers }, closers);
    } catch (error) {
        await closers.close();
        throw error;
    }
}

async function start(config: Config, surroundings: Surroundings, closers: Closers): Promise<Gateway> {
    const { clock, log, timers } = surroundings;
    const dir = resolve(config.data);
    const ending = new AbortController();
    const channel = createChannel({
        command: config.codesCommand,
        webhook: config.codesWebhook,
        keyFile: config.codesWebhookKey,
        clock,
        log,
        signal: ending.signal,
    });
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

    const domain = createDomain({
        store,
        connections: () => connections,
        clock,
        log,
        timers,
        backlogMessages: config.backlogMessages,
        storeOctets: config.storeMegabytes && config.storeMegabytes * 1_048_576,
    });
    const { directory, tokens, throttle, room, intake, delivery } = domain;
    closers.push(() => delivery.close());
    closers.push(() => room.close());
    await room.measure();
    const adminToken = await ensureAdminToken(tokens, dir, notice);
    const limits = limitsOf(config);
    const connections = createConnections({ events: delivery, intake, directory, tokens, limits, clock, log });
    let listening = false;
    let stopped: Promise<void> | undefined;
    closers.push(async () => {
        listening = false;
        await connections.shut();
    });

    const version = readVersion();
    const mqttListening = () => listening && watch.isHere();
    let shown: TlsMaterial | undefined;
    const certificate = () => shown && { endsMs: shown.endsMs, state: stateOf(shown, clock.nowMs()) };
    const services = {
        ...surroundings,
        store,
        delivery,
        directory,
        tokens,
        intake,
        room,
        connections,
        channel,
        mqttListening,
        certificate,
        version,
    };
    const server = createServer(services);
    closers.push(() => closeServer(server, () => ending.abort()));
    const followClock = await createClockFollower({ clock, store, delivery, log });
    const sweeps = startSweeps({ store, directory, connections, throttle, clock, log, timers, followClock });
    closers.push(() => sweeps.close());

    let host = addressOf(config.host);
    const mqtt = await connections
        .listen({ host, port: config.mqttPort })
        .catch((error: unknown) => explainListen(error, host, config.mqttPort, "--mqtt-port"));
    const tlsPort = await listenTls(
        { ...config, host },
        connections,
        closers,
        (files, material) => {
            reportEnd(files, material, clock.nowMs(), log);
            shown = material;
        },
        log,
    );
    await server
        .listen({ host, port: config.httpPort })
        .catch((error: unknown) => explainListen(error, host, config.httpPort, "--http-port"));
    const httpPort = (server.server.address() as AddressInfo).port;
    let moved = () => {};
    const watch = watchAddress({
        ...{ host: config.host, timers, log },
        async listen(address) {
            await connections.move(address);
            await listenOn(server.server, { host: address, port: httpPort });
            host = address;
            moved();
        },
    });
    closers.push(() => watch.close());
    listening = true;
    log.info({ version, host, mqttPort: mqtt.port, tlsPort, httpPort }, "started");
    return {
        mqttPort: mqtt.port,
        tlsPort,
        httpPort,
        get url() {
            return `http://${urlHost(localAddress(host))}:${httpPort}`;
        },
        mqttAddress: `${urlHost(host)}:${mqtt.port}`,
        onMove: (call) => void (moved = call),
        adminTokenFile: adminToken && join(config.data, ADMIN_TOKEN_FILE),
        log,
        failed,
        close: () => (stopped ??= closers.close().then(() => log.info({}, "stopped"))),
    };
}

function limitsOf(config: Config): Partial<ConnectionLimits> {
    const { connections, connectionsPerAddress, connectsPerAddress, failuresPerAddress, boardMessages } = config;
    return {
        connections,
        perAddress: connectionsPerAddress,
        waiting: Math.ceil(connections * 0.6), // so that strangers who send nothing never hold all of them
        waitingPerAddress: Math.ceil(connections / 2),
        publishers: Math.ceil(connections / 2),
        publishersPerToken: Math.ceil(connections / 20),
        connectsPerAddress: { burst: 10 * connectsPerAddress, perSecond: connectsPerAddress },
        failuresPerAddress: { burst: 100 * failuresPerAddress, perSecond: failuresPerAddress },
        messagesPerRoute: { burst: boardMessages, perSecond: boardMessages / 60 },
    };
}

/** Opens the TLS listener if there is a certificate for it, named or made by `toque tls init`. @returns its port */
async function listenTls(
    { data, host, tlsPort, tlsCert, tlsKey }: Config,
    connections: GatewayConnections,
    closers: Closers,
    use: (files: TlsFiles, material: TlsMaterial) => void,
    log: Log,
): Promise<number | undefined> {
    const named = tlsCert !== undefined && tlsKey !== undefined ? { certificate: tlsCert, key: tlsKey } : undefined;
    const files = named ?? findTlsFiles(resolve(data));
    if (files === undefined) return undefined;
    const material = readTlsFiles(files);
    const listener = await connections
        .listen({ host, port: tlsPort, tls: material })
        .catch((error: unknown) => explainListen(error, host, tlsPort, "--tls-port"));
    use(files, material);
    const reload = (fresh: TlsMaterial) => {
        listener.reload(fresh);
        use(files, fresh);
    };
    closers.push(watchTlsFiles(files, reload, log));
    return listener.port;
}
