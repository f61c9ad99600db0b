import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { spawnToque, serveToque, type Served } from "../support/toque.ts";
import { PublisherConnection } from "./publishers.ts";

// The store's thread ends while the gateway runs: whoever waits for an answer is told that it failed, and the process ends with a sentence and
// a status that makes whoever started it start it again. Nothing that was acknowledged is lost.

const BREAKER = new URL("../support/break-the-thread.mjs", import.meta.url).href;
const NUMBER = "+34600111222";

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

interface Answer {
    status: number;
    body: { id: string; error?: { code: string; message: string } };
}

async function post(served: Served, path: string, body: object): Promise<Answer> {
    const token = readFileSync(served.adminTokenFile, "utf8").trim();
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await fetch(served.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

for (const how of ["exit", "throw"] as const) {
    test(`the store's thread ends (${how}): requests under way get 503, no PUBACK comes, and the gateway ends with 1`, async () => {
        const folder = mkdtempSync(join(tmpdir(), "toque-broken-"));
        folders.push(folder);
        const breakFile = join(folder, "break");
        const environment = { NODE_OPTIONS: `--import ${BREAKER}`, BREAK_FILE: breakFile };
        const served = await serveToque([], join(folder, "data"), environment);
        await post(served, "/v1/numbers", { number: NUMBER });
        const before = await post(served, "/v1/messages", { to: NUMBER, body: "before" });
        assert.equal(before.status, 202);
        const token = readFileSync(served.adminTokenFile, "utf8").trim();
        const publisher = new PublisherConnection(served.mqttPort, token);
        assert.equal(await publisher.connected, true);

        writeFileSync(breakFile, how);
        const published = publisher.publish(NUMBER, "while");
        const answers = await Promise.all(
            Array.from({ length: 5 }, () => post(served, "/v1/messages", { to: NUMBER, body: "while" })),
        );
        for (const { status, body } of answers) {
            assert.ok(status === 503 || status === 500, `${status}`);
            assert.ok(body.error !== undefined && /[.]$/.test(body.error.message));
        }
        assert.equal(await published, false, "no PUBACK");
        const ended = await served.ended;
        assert.equal(ended.status, 1);
        const lines = ended.stderr.trim().split("\n");
        assert.match(
            lines.at(-1)!,
            /^toque: The store's thread (has ended|failed \(.*\)): the gateway ends, and has to be/,
        );
        const logged = lines.slice(0, -1).map((line) => JSON.parse(line) as { level: string; msg: string });
        assert.ok(logged.some(({ level, msg }) => level === "error" && /store's thread/.test(msg)));
        assert.equal(logged.at(-1)?.msg, "stopped", "it was closed in order");

        rmSync(breakFile);
        const again = spawnToque([
            "serve",
            "--data",
            join(folder, "data"),
            "--mqtt-port",
            "0",
            "--http-port",
            "0",
            "--json",
        ]);
        const { url } = JSON.parse(await again.firstLine) as { url: string };
        const headers = { Authorization: `Bearer ${token}` };
        const receipt = await fetch(`${url}/v1/messages/${before.body.id}`, { headers });
        assert.equal(((await receipt.json()) as { state: string }).state, "accepted");
        const number = await fetch(`${url}/v1/numbers/${encodeURIComponent(NUMBER)}`, { headers });
        const { backlog } = (await number.json()) as { backlog: { messages: number } };
        assert.equal(backlog.messages, 1, "what was answered with an error is not there by half");
        again.child.kill("SIGTERM");
        assert.equal((await again.ended).status, 0);
    });
}
