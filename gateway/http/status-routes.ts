import { GatewayError } from "../error.ts";
import { callerFor } from "./callers.ts";
import { createHealth } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { HealthBody, StatusBody } from "./schemas.ts";
import type { Server } from "./typed-server.ts";
import type { Services } from "./services.ts";
import { isoTime } from "./time.ts";

const security = [{ token: [] }];

/** Health, status and metrics. */
export function addStatusRoutes(server: Server, services: Services, metrics: Metrics): void {
    const { clock, timers, room, connections } = services;
    const health = createHealth(services);
    const startedMs = timers.nowMs();

    server.get(
        "/v1/health",
        {
            config: { open: true },
            schema: {
                summary: "Whether the gateway accepts messages and boards can connect",
                response: { 200: HealthBody },
            },
        },
        async () => {
            if (!services.mqttListening()) {
                throw new GatewayError(
                    "unavailable",
                    "Boards cannot connect: the MQTT port is not open. The log has the reason.",
                );
            }
            await health.check();
            return { status: "ok", store: "ok", mqtt: "ok" } as const;
        },
    );

    server.get(
        "/v1/status",
        { schema: { summary: "Connections and sizes", security, response: { 200: StatusBody } } },
        async (request) => {
            callerFor(request, "read");
            const { octets, mostOctets } = await room.measure();
            const { refused, flapping, failing, twins, devices, publishers, enrolling, waiting } = connections.stats();
            const uptimeMs = timers.nowMs() - startedMs;
            const certificate = services.certificate();
            return {
                version: services.version,
                started: isoTime(clock.nowMs() - uptimeMs),
                uptimeS: Math.floor(uptimeMs / 1000),
                connections: { devices, publishers, enrolling, waiting },
                refused,
                flapping: flapping.map(({ route, untilMs }) => ({ route, until: isoTime(untilMs) })),
                failing,
                twins,
                storeOctets: octets,
                storeMostOctets: mostOctets,
                memoryOctets: process.memoryUsage.rss(),
                certificate: certificate && { ends: isoTime(certificate.endsMs), state: certificate.state },
            };
        },
    );

    server.get("/metrics", { schema: { summary: "Metrics for Prometheus", security } }, async (request, reply) => {
        callerFor(request, "read");
        reply.type(metrics.contentType);
        return metrics.text();
    });
}
