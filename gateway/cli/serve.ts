import { Command } from "commander";
import { resolve } from "node:path";
import type { Gateway } from "../app.ts";
import { type Config, type Flags, OPTIONS, readConfig } from "../config.ts";
import { GatewayError } from "../error.ts";
import { foreignOwner } from "../system/private-file.ts";
import { checkFolder, chooseFolder } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { removeGatewayFile, writeGatewayFile } from "./gateway-file.ts";

/** `toque serve`: runs until SIGINT or SIGTERM, or until it cannot go on; a second signal ends it at once. */
export function serveCommand(): Command {
    const command = new Command("serve").description("run the gateway");
    for (const { flag, environment, description, fallback } of Object.values(OPTIONS)) {
        const otherwise = fallback === undefined ? "" : `; ${fallback} unless given`;
        command.option(flag, `${description} (${environment}${otherwise})`);
    }
    return command.option("--json", "the start-up line as JSON").action(serve);
}

async function serve(flags: Flags & { json?: boolean }): Promise<void> {
    const config = readFlags(flags);
    checkFolder(chooseFolder(flags.data, process.env), foreignOwner); // the log names a folder that others can write
    const ended = untilSignal();
    const { startGateway } = await import("../app.ts"); // the other commands start faster without it
    const gateway = await startGateway(config);
    process.on("uncaughtException", (error) => {
        gateway.log.error({ error }, "a bug in Toque: the gateway ends");
        process.exit(1);
    });
    const { url, mqttPort, tlsPort, httpPort, mqttAddress, adminTokenFile } = gateway;
    const writeAddress = () =>
        writeGatewayFile(config.data, { url: gateway.url, mqttPort, httpPort, pid: process.pid });
    gateway.onMove(() => {
        try {
            writeAddress();
        } catch (error) {
            gateway.log.warn({ error }, "the commands on this machine do not find the gateway at its new address");
        }
    });
    try {
        writeAddress();
    } catch (error) {
        await gateway.close(); // otherwise its listeners keep the process, and no signal ends it
        throw error;
    }
    const admin =
        adminTokenFile === undefined
            ? `no admin token is in ${config.data}: "toque token reset-admin" makes one when the gateway is stopped`
            : `the admin token is in ${adminTokenFile}`;
    const text =
        `Toque listens for boards on ${mqttAddress}${tlsPort === undefined ? "" : ` (TLS: port ${tlsPort})`} ` +
        `and for messages on ${url}; ` +
        admin;
    const document = {
        ...{ url, mqttPort, tlsPort, httpPort, pid: process.pid },
        adminTokenFile: adminTokenFile && resolve(adminTokenFile),
    };
    process.stdout.write((flags.json === true ? JSON.stringify(document) : text) + "\n");
    const failure = await Promise.race([ended, gateway.failed]);
    await stop(gateway, config);
    if (failure !== undefined) throw new Failure(failure.message, 1); // so that a supervisor starts it again
}

function readFlags(flags: Flags): Config {
    try {
        return readConfig(flags, process.env);
    } catch (error) {
        if (error instanceof GatewayError) throw new Failure(error.message, 2);
        throw error;
    }
}

/** Resolves at the first signal, or when the terminal went away. */
function untilSignal(): Promise<void> {
    return new Promise((done) => {
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
            process.once(signal, () => {
                // From here on the signals mean what they mean to any process.
                for (const other of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.removeAllListeners(other);
                done();
            });
        }
    });
}

async function stop(gateway: Gateway, config: Config): Promise<void> {
    try {
        await gateway.close();
    } finally {
        removeGatewayFile(config.data, process.pid);
    }
}
