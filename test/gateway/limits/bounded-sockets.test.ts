import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { test } from "node:test";
import { BoundedSockets } from "../../../gateway/limits/bounded-sockets.ts";
import { runGateway } from "../../support/gateway.ts";

const STRANGERS = 1_000;

test("strangers: 1,500 connections that say nothing, or part of a request, keep nobody out; the oldest give way", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const board = await it.register("+34611222222");
    const open = new Set<Socket>();
    t.after(() => open.forEach((socket) => socket.destroy()));
    let gone = 0;
    for (let index = 0; index < 1_500; index++) {
        const socket = connect(it.gateway.httpPort, "127.0.0.1");
        socket.on("error", () => {});
        await once(socket, "connect");
        open.add(socket);
        socket.on("close", () => void gone++);
        socket.resume();
        if (index % 2 === 0) socket.write("GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        if (index % 250 !== 0) continue;
        const { status } = await it.ask("POST", "/v1/messages", { body: { to: board.number, body: "hello" } });
        assert.equal(status, 202);
    }
    while (gone < 500) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(open.size - gone <= STRANGERS);
});

test("strangers: who showed a token is none, however many come meanwhile", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    // A request of somebody known whose body takes its time.
    const socket = connect(it.gateway.httpPort, "127.0.0.1");
    t.after(() => socket.destroy());
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${it.token}\r\n`;
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{`);
    await once(socket, "connect");
    await it.ask("GET", "/v1/health"); // by then the first has been looked at
    const open: Socket[] = [];
    t.after(() => open.forEach((other) => other.destroy()));
    for (let index = 0; index < STRANGERS + 100; index++) {
        const other = connect(it.gateway.httpPort, "127.0.0.1");
        other.on("error", () => {});
        await once(other, "connect");
        open.push(other);
    }
    socket.write("}");
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
});

test("bounded sockets: the one of a client that was added longest ago gives way, and one that is added again is the newest", () => {
    const ended: string[] = [];
    const sockets = new BoundedSockets<string>({ all: 4, perClient: 2 }, (oldest) => void ended.push(oldest));
    for (const socket of ["a1", "a2", "a1", "a3", "b1", "b2", "c1"]) sockets.add(socket, socket[0]!);
    assert.deepEqual(ended, ["a2", "a1"]);
    sockets.delete("b1");
    sockets.delete("b1");
    assert.equal(sockets.size, 3);
});
