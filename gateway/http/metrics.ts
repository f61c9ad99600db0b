import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Appended } from "../ports/backlog.ts";
import type { Services } from "./services.ts";

/** The metrics of GET /metrics, for Prometheus. None names a number or a board's route. */
export interface Metrics {
    accepted(appended: Appended): void;
    /** @param route the HTTP route's pattern, "/v1/numbers/:number" */
    answered(method: string, route: string, status: number, seconds: number): void;
    contentType: string;
    text(): Promise<string>;
}

export function createMetrics({
    connections,
    store,
    certificate,
}: Pick<Services, "connections" | "store" | "certificate">): Metrics {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const registers = [registry];
    const messages = new Counter({
        name: "toque_messages_total",
        help: "Messages accepted over HTTP, by outcome",
        labelNames: ["outcome"] as const,
        registers,
    });
    for (const outcome of ["accepted", "repeated", "collapsed", "dropped"] as const) messages.inc({ outcome }, 0);
    const requests = new Histogram({
        name: "toque_http_request_seconds",
        help: "Time to answer an HTTP request",
        labelNames: ["method", "route", "status"] as const,
        buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
        registers,
    });
    new Gauge({
        name: "toque_connections",
        help: "MQTT connections, by kind",
        labelNames: ["kind"] as const,
        registers,
        collect() {
            const { devices, publishers, enrolling, waiting } = connections.stats();
            for (const [kind, count] of Object.entries({ devices, publishers, enrolling, waiting })) {
                this.set({ kind }, count);
            }
        },
    });
    new Gauge({
        name: "toque_refused_connections",
        help: "MQTT connections refused since the start, by reason",
        labelNames: ["reason"] as const,
        registers,
        collect() {
            for (const [reason, count] of Object.entries(connections.stats().refused)) this.set({ reason }, count);
        },
    });
    new Gauge({
        name: "toque_certificate_end_seconds",
        help: "When the TLS certificate ends, by listener, in seconds since 1970",
        labelNames: ["listener"] as const,
        registers,
        collect() {
            const shown = certificate();
            if (shown !== undefined) this.set({ listener: "mqtt" }, shown.endsMs / 1000);
        },
    });
    new Gauge({
        name: "toque_store_octets",
        help: "Size of the store on the disk",
        registers,
        async collect() {
            this.set((await store.upkeep.size()).octets);
        },
    });
    return {
        accepted({ repeated, collapsed, dropped }) {
            messages.inc({ outcome: repeated ? "repeated" : "accepted" });
            messages.inc({ outcome: "collapsed" }, collapsed.length);
            messages.inc({ outcome: "dropped" }, dropped.length);
        },
        answered: (method, route, status, seconds) => requests.observe({ method, route, status }, seconds),
        contentType: registry.contentType,
        text: () => registry.metrics(),
    };
}
