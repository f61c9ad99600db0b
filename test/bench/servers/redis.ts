import { endProcess, freePort, type Kind, makeFolder, removeFolder, startProcess, untilOpen } from "./server.ts";

/** Redis streams whose append-only file is flushed before each answer: a durable queue, without MQTT. */
export function redisKind(command: string): Kind {
    return {
        name: "Redis streams",
        keeps: "on the disk",
        async start() {
            const folder = makeFolder();
            const port = await freePort();
            const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
            const where = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
            const child = startProcess(command, [
                ...where,
                ...durable,
                "--maxclients",
                "15000",
                "--loglevel",
                "warning",
            ]);
            child.stdout!.resume();
            await untilOpen(port, child);
            return {
                target: { protocol: "redis", port, cleanSession: true },
                pid: child.pid!,
                async stop() {
                    await endProcess(child);
                    removeFolder(folder);
                },
            };
        },
    };
}
