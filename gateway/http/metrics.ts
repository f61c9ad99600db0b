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

/** Upper ends of the times that are counted apart, in seconds. */
const BUCKETS_S = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** Answers of one kind. */
interface Answers {
    labels: string;
    /** how many took no longer than each of BUCKETS_S, and longer than the one before */
    counts: number[];
    count: number;
    sumS: number;
}

type Labelled = [labels: string, value: number];

export function createMetrics({
    connections,
    store,
    certificate,
    clock,
}: Pick<Services, "connections" | "store" | "certificate" | "clock">): Metrics {
    const startedS = clock.nowMs() / 1000 - process.uptime();
    const messages = { accepted: 0, repeated: 0, collapsed: 0, dropped: 0 };
    const answers = new Map<string, Answers>();

    function answersOf(method: string, route: string, status: number): Answers {
        const labels = `method="${method}",route="${route}",status="${status}"`;
        let known = answers.get(labels);
        if (known === undefined) {
            known = { labels, counts: BUCKETS_S.map(() => 0), count: 0, sumS: 0 };
            answers.set(labels, known);
        }
        return known;
    }

    return {
        accepted({ repeated, collapsed, dropped }) {
            messages[repeated ? "repeated" : "accepted"] += 1;
            messages.collapsed += collapsed.length;
            messages.dropped += dropped.length;
        },
        answered(method, route, status, seconds) {
            const kind = answersOf(method, route, status);
            kind.count += 1;
            kind.sumS += seconds;
            const bucket = BUCKETS_S.findIndex((most) => seconds <= most);
            if (bucket >= 0) kind.counts[bucket]! += 1;
        },
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        async text() {
            const { refused, devices, publishers, enrolling, waiting } = connections.stats();
            const shown = certificate();
            const { user, system } = process.cpuUsage();
            const memory = process.memoryUsage();
            return [
                family("counter", "process_cpu_seconds_total", "CPU time used", [["", (user + system) / 1e6]]),
                family("gauge", "process_start_time_seconds", "When the process started", [["", startedS]]),
                family("gauge", "process_resident_memory_bytes", "Memory of the process", [["", memory.rss]]),
                family("gauge", "nodejs_heap_size_used_bytes", "Memory of its objects", [["", memory.heapUsed]]),
                family("counter", "toque_messages_total", "Messages accepted over HTTP, by outcome", [
                    ...byName("outcome", messages),
                ]),
                family("gauge", "toque_connections", "MQTT connections, by kind", [
                    ...byName("kind", { devices, publishers, enrolling, waiting }),
                ]),
                family("gauge", "toque_refused_connections", "MQTT connections refused since the start, by reason", [
                    ...byName("reason", refused),
                ]),
                family(
                    "gauge",
                    "toque_certificate_end_seconds",
                    "When the TLS certificate ends, by listener, in seconds since 1970",
                    shown === undefined ? [] : [['listener="mqtt"', shown.endsMs / 1000]],
                ),
                family("gauge", "toque_store_octets", "Size of the store on the disk", [
                    ["", (await store.upkeep.size()).octets],
                ]),
                head("histogram", "toque_http_request_seconds", "Time to answer an HTTP request") +
                    [...answers.values()].map((kind) => histogram("toque_http_request_seconds", kind)).join(""),
            ].join("\n");
        },
    };
}

function byName(label: string, values: Record<string, number>): Labelled[] {
    return Object.entries(values).map(([name, value]) => [`${label}="${name}"`, value]);
}

function head(type: string, name: string, help: string): string {
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, labels: string, value: number): string {
    return `${name}${labels === "" ? "" : `{${labels}}`} ${value}\n`;
}

function family(type: string, name: string, help: string, values: Labelled[]): string {
    return head(type, name, help) + values.map(([labels, value]) => line(name, labels, value)).join("");
}

/** Prometheus counts in each bucket what is in the smaller ones, too. */
function histogram(name: string, { labels, counts, count, sumS }: Answers): string {
    let sum = 0;
    const buckets = BUCKETS_S.map((most, at) => line(`${name}_bucket`, `le="${most}",${labels}`, (sum += counts[at]!)));
    return [
        ...buckets,
        line(`${name}_bucket`, `le="+Inf",${labels}`, count),
        line(`${name}_sum`, labels, sumS),
        line(`${name}_count`, labels, count),
    ].join("");
}
