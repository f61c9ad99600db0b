import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ErrorBody } from "../support/gateway-client.ts";
import { serveToque } from "../support/toque.ts";
import { PublisherConnection } from "./publishers.ts";

// The store's thread ends while the gateway runs: requests under way fail, and the process ends with a sentence and a status on which
// systemd starts it again. Nothing that was acknowledged is lost.

const BREAKER = new URL("../support/break-the-thread.mjs", import.meta.url).href;
const NUMBER = "+34600111222";

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

interface Line {
    level: string;
    msg: string;
}

for (const how of ["exit", "throw"] as const) {
    test(`the store's thread ends (${how}): requests under way get 503, no PUBACK comes, and the gateway ends with 1`, async () => {
        const folder = mkdtempSync(join(tmpdir(), "toque-broken-"));
        folders.push(folder);
        const breakFile = join(folder, "break");
        const environment = { NODE_OPTIONS: `--import ${BREAKER}`, BREAK_FILE: breakFile };
        const served = await serveToque([], join(folder, "data"), environment);
        await served.register(NUMBER);
        const before = await served.send(NUMBER, "before");
        const publisher = new PublisherConnection(served.mqttPort, served.token);
        assert.equal(await publisher.connected, true);

        writeFileSync(breakFile, how);
        const published = publisher.publish(NUMBER, "while");
        // A connection that comes when the gateway is ending already is not answered, which promises nothing either.
        const answers = await Promise.all(
            Array.from({ length: 5 }, () =>
                served
                    .ask<ErrorBody>("POST", "/v1/messages", { body: { to: NUMBER, body: "while" } })
                    .catch(() => undefined),
            ),
        );
        const answered = answers.filter((answer) => answer !== undefined);
        assert.ok(answered.length > 0);
        for (const { status, body } of answered) {
            assert.ok(status === 503 || status === 500, `${status}`);
            assert.match(body.error.message, /[.]$/);
        }
        assert.equal(await published, false, "no PUBACK");
        const ended = await served.ended;
        assert.equal(ended.status, 1);
        const lines = ended.stderr.trim().split("\n");
        const written = lines.map((line) => JSON.parse(line) as Line & Partial<ErrorBody>);
        const errors = written.flatMap(({ msg, error }) => (msg === undefined && error !== undefined ? [error] : []));
        assert.equal(errors.length, 1, ended.stderr);
        assert.match(
            errors[0]!.message,
            /^The store's thread (has ended|failed \(.*\)): the gateway ends, and has to be/,
        );
        const logged = written.filter(({ msg }) => msg !== undefined);
        assert.ok(logged.some(({ level, msg }) => level === "error" && /store's thread/.test(msg)));
        assert.equal(logged.at(-1)?.msg, "stopped", "it was closed in order");

        rmSync(breakFile);
        const again = await serveToque([], join(folder, "data"));
        assert.equal((await again.receipt(before.id)).state, "accepted");
        assert.equal(await again.waiting(NUMBER), 1, "nothing of what failed is stored");
        assert.equal((await again.stop()).status, 0);
    });
}
