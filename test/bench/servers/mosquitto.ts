import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcess, freePort, type Kind, makeFolder, removeFolder, startProcess, untilOpen } from "./server.ts";

/** Mosquitto with its own persistence: in memory, and saved now and then. */
export function mosquittoKind(command: string): Kind {
    return {
        name: "Mosquitto",
        keeps: "in memory, saved now and then",
        async start() {
            const folder = makeFolder();
            const port = await freePort();
            const config = [
                `listener ${port} 127.0.0.1`,
                "allow_anonymous true",
                "persistence true",
                `persistence_location ${folder}/`,
                "max_queued_messages 0",
                "user root",
                "log_type error",
            ];
            writeFileSync(join(folder, "conf"), config.join("\n") + "\n");
            const child = startProcess(command, ["-c", join(folder, "conf")]);
            await untilOpen(port, child);
            return {
                target: { protocol: "mqtt", port, cleanSession: true },
                pid: child.pid!,
                async stop() {
                    await endProcess(child);
                    removeFolder(folder);
                },
            };
        },
    };
}
