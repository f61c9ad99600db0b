import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { APPLICATION_DATA, clientHello, HANDSHAKE, openTls12 } from "../../support/tls12-client.ts";
import { ROUTE } from "./door.ts";
import { ACCEPTED, connectAs } from "./packets.ts";
import { first, heard, isClosed, open, opened, openTls, pem, second, until } from "./tls-clients.ts";

// The TLS port, as somebody would have it who wants others kept out.

// At its start, and again with the certificate of a reload.
for (const reloads of [0, 1, 2]) {
    const when = reloads === 0 ? "" : `, after reload ${reloads}`;
    const start = async (t: { after(end: () => Promise<void>): void }) => {
        const { door, listener } = await openTls(t);
        for (let count = 0; count < reloads; count++)
            listener.reload(pem(count % 2 === 0 ? second.gateway : first.gateway));
        return { door, listener };
    };

    test(`TLS, attacked: a client that renegotiates is refused at its first try${when}`, async (t) => {
        const { door, listener } = await start(t);
        const socket = await open(listener.port, { maxVersion: "TLSv1.2" });
        socket.write(connectAs(ROUTE));
        assert.deepEqual(await heard(socket), ACCEPTED);
        let renegotiated = false;
        socket.on("error", () => {});
        socket.renegotiate({}, (error) => (renegotiated ||= error === null));
        await isClosed(socket);
        assert.equal(renegotiated, false);
        await door.until(`closed ${ROUTE}`);
    });

    test(`TLS, attacked: one that renegotiates without end and does not read costs no second answer${when}`, async (t) => {
        const { door, listener } = await start(t);
        const client = await openTls12(listener.port);
        opened.push(client.socket);
        client.socket.write(client.seal(APPLICATION_DATA, connectAs(ROUTE)));
        await door.until(`connected ${ROUTE}`);
        await until(() => client.received() > 0, "CONNACK");
        const before = client.received();
        const again = client.seal(HANDSHAKE, clientHello());
        client.socket.write(again);
        await isClosed(client.socket);
        // One alert of a few octets at most, and no ServerHello with its certificate.
        assert.ok(client.received() - before < 100, `${client.received() - before} octets`);
        assert.equal(door.connections.stats().devices, 0);
    });

    const openssl = spawnSync("openssl", ["version"]).status === 0;
    test(
        `TLS, attacked: openssl s_client may not renegotiate${when}`,
        { skip: openssl ? false : "no openssl" },
        async (t) => {
            const { listener } = await start(t);
            const words = ["s_client", "-connect", `127.0.0.1:${listener.port}`, "-tls1_2", "-legacy_renegotiation"];
            const client = spawn("openssl", words, { stdio: ["pipe", "pipe", "pipe"], timeout: 10_000 });
            let printed = "";
            for (const output of [client.stdout, client.stderr])
                output.on("data", (text: Buffer) => (printed += text.toString()));
            client.stdin.on("error", () => {});
            while (!printed.includes("Verify return code") && client.exitCode === null) await sleep(10);
            client.stdin.write("R\n");
            const [status] = client.exitCode === null ? ((await once(client, "exit")) as [number]) : [client.exitCode];
            assert.match(printed, /RENEGOTIATING/);
            assert.notEqual(status, null, "it ended by itself");
            assert.match(printed, /no renegotiation|unexpected eof|errno=|closed|reset/i);
        },
    );
}
