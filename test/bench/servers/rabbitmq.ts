import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProcess } from "../proc.ts";
import { endProcess, freePort, type Kind, makeFolder, removeFolder, startProcess, untilOpen } from "./server.ts";

/** RabbitMQ's MQTT plugin. Its receivers' sessions are not clean, so their queues are durable. */
export function rabbitKind(command: string, epmd: string): Kind {
    return {
        name: "RabbitMQ",
        keeps: "on the disk",
        async start() {
            const folder = makeFolder();
            const [port, epmdPort, distribution] = await Promise.all([freePort(), freePort(), freePort()]);
            const config = [
                "listeners.tcp = none",
                `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`,
                "mqtt.allow_anonymous = true",
                "mqtt.prefetch = 16",
                "log.console = false",
                "log.file.level = error",
            ];
            writeFileSync(join(folder, "rabbitmq.conf"), config.join("\n") + "\n");
            writeFileSync(join(folder, "plugins"), "[rabbitmq_mqtt].\n");
            const environment = {
                HOME: folder, // of the Erlang cookie
                ERL_EPMD_PORT: String(epmdPort),
                ERL_EPMD_ADDRESS: "127.0.0.1",
                RABBITMQ_NODENAME: `bench-${process.pid}@localhost`,
                RABBITMQ_DIST_PORT: String(distribution),
                RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
                RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
                RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
                RABBITMQ_LOG_BASE: join(folder, "log"),
                RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, "expanded"),
            };
            const names = startProcess(epmd, ["-port", String(epmdPort), "-address", "127.0.0.1"], environment);
            const child = startProcess(command, [], environment);
            child.stdout!.resume();
            await untilOpen(port, child);
            const pid = findProcess(child.pid!, "beam.smp")!;
            return {
                target: { protocol: "mqtt", port, cleanSession: false },
                pid,
                async stop() {
                    await endProcess(child);
                    await endProcess(names);
                    removeFolder(folder);
                },
            };
        },
    };
}
