import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHomeAuthority } from "../../../gateway/tls/authority.ts";
import { writeHomeAuthority } from "../../../gateway/tls/home-files.ts";
import { SYSTEM_TIMERS } from "../../../gateway/system/timers.ts";
import { type RunningGateway, runGateway } from "../../support/gateway.ts";

let it: RunningGateway;
let uptimeMs = 0;
const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2026-12-01T12:00:00Z");
before(async () => {
    it = await runGateway({}, { clock: { nowMs: () => NOW_MS }, timers: { ...SYSTEM_TIMERS, nowMs: () => uptimeMs } });
});
after(() => it.stop());

test("health: answered without a token", async () => {
    const { status, body } = await it.ask("GET", "/v1/health", { token: "" });
    assert.equal(status, 200);
    assert.deepEqual(body, { status: "ok", store: "ok", mqtt: "ok" });
});

test("status: connections, sizes and the time of the start", async () => {
    uptimeMs = 5_250;
    const { status, body } = await it.ask<Record<string, unknown>>("GET", "/v1/status");
    assert.equal(status, 200);
    assert.deepEqual(body.connections, { devices: 0, publishers: 0, enrolling: 0, waiting: 0 });
    assert.ok(Number(body.storeOctets) > 0);
    assert.ok(Number(body.memoryOctets) > 0);
    assert.equal(body.uptimeS, 5);
    assert.equal(Date.parse(String(body.started)), NOW_MS - 5_250);
});

test("metrics: in Prometheus' form, messages counted, nobody's number in them", async () => {
    await it.register("+34600111222");
    for (const body of ["one", "two"]) await it.ask("POST", "/v1/messages", { body: { to: "+34600111222", body } });
    const { status, headers, text } = await it.ask("GET", "/metrics");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^toque_messages_total\{outcome="accepted"\} 2$/m);
    assert.match(text, /^toque_connections\{kind="devices"\} 0$/m);
    assert.match(text, /^toque_store_octets [0-9]+$/m);
    assert.match(text, /^toque_http_request_seconds_count\{method="POST",route="\/v1\/messages",status="202"\} 2$/m);
    assert.doesNotMatch(text, /600111222/);
});

test("status and metrics: a certificate that has ended, or ends within 30 days, shows there, and in the log at the start", async () => {
    const data = mkdtempSync(join(tmpdir(), "toque-certificate-"));
    const endMs = NOW_MS + 10 * 365 * DAY_MS;
    writeHomeAuthority(data, await createHomeAuthority(["localhost"], NOW_MS));
    for (const [atMs, state] of [
        [endMs - 31 * DAY_MS, "valid"],
        [endMs - 29 * DAY_MS, "ends soon"],
        [endMs, "ended"],
    ] as const) {
        const running = await runGateway({ data, tlsPort: "0" }, { clock: { nowMs: () => atMs } });
        const { body } = await running.ask<{ certificate: object }>("GET", "/v1/status");
        assert.deepEqual(body.certificate, { ends: new Date(endMs).toISOString(), state });
        const { text } = await running.ask("GET", "/metrics");
        assert.ok(text.includes(`\ntoque_certificate_end_seconds{listener="mqtt"} ${endMs / 1000}\n`));
        const logged = running.lines.some((line) => /the TLS certificate (has ended|ends soon)/.test(line));
        assert.equal(logged, state !== "valid");
        await running.gateway.close();
    }
    rmSync(data, { recursive: true });
});

test("OpenAPI: the document describes every route, its input and its errors", async () => {
    interface Operation {
        requestBody?: { content: Record<string, { schema: { additionalProperties?: boolean } }> };
        responses: Record<string, unknown>;
        security?: object[];
    }
    const { body } = await it.ask<{ openapi: string; paths: Record<string, Record<string, Operation>> }>(
        "GET",
        "/v1/openapi.json",
        { token: "" },
    );
    assert.match(body.openapi, /^3\.1\./);
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(operations.sort(), [
        "DELETE /v1/numbers/{number}",
        "DELETE /v1/tokens/{id}",
        "GET /metrics",
        "GET /v1/health",
        "GET /v1/messages/{id}",
        "GET /v1/numbers",
        "GET /v1/numbers/{number}",
        "GET /v1/openapi.json",
        "GET /v1/status",
        "GET /v1/tokens",
        "PATCH /v1/numbers/{number}",
        "POST /v1/codes",
        "POST /v1/messages",
        "POST /v1/numbers",
        "POST /v1/numbers/{number}/secret",
        "POST /v1/tokens",
    ]);
    for (const [path, methods] of Object.entries(body.paths)) {
        for (const operation of Object.values(methods)) {
            assert.ok("4xx" in operation.responses || "4XX" in operation.responses, path);
            for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
                assert.equal(schema.additionalProperties, false, path);
            }
        }
    }
    assert.deepEqual(body.paths["/v1/messages"]?.post?.security, [{ token: [] }]);
});
