import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { EXPIRE_EVERY_MS } from "../../gateway/delivery/sweeps.ts";
import { SYSTEM_TIMERS, type Timers } from "../../gateway/system/timers.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningGateway, runGateway } from "../support/gateway.ts";

function folder(t: TestContext): string {
    const path = mkdtempSync(join(tmpdir(), "toque-app-"));
    t.after(() => rmSync(path, { recursive: true, force: true }));
    return path;
}

/** A plain MQTT client with a board's credentials, its inbox subscribed. Every payload it got is in `inbox`. */
async function connectBoard(it: RunningGateway, { route, secret }: { route: string; secret: string }, clean = true) {
    const client = mqtt.connect({
        port: it.gateway.mqttPort,
        host: "127.0.0.1",
        clientId: route,
        username: route,
        password: secret,
        reconnectPeriod: 0,
        clean,
    });
    const inbox: string[] = [];
    client.on("message", (_topic, payload) => void inbox.push(payload.toString()));
    await new Promise((connected) => client.once("connect", connected));
    await client.subscribeAsync(`in/${route}`, { qos: 1 });
    return { client, inbox };
}

/** Asks until the answer is right. */
async function until<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
    for (let count = 0; ; count++) {
        const answer = await ask();
        if (right(answer) || count === 250) return answer;
        await sleep(20);
    }
}

/** A connection, and what came on it. */
interface Seen {
    socket: Socket;
    got: string;
    closed: Promise<unknown>;
}

interface Receipt {
    state: string;
    history: { state: string; why?: string }[];
}

test("gateway: a message waits for its board, reaches it, and its receipt shows it", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const board = await it.register("+34611222333");
    const send = async (body: string) =>
        (await it.ask<{ id: string }>("POST", "/v1/messages", { body: { to: board.number, body } })).body.id;
    const early = await send("early: Café €5 😀");
    const { client, inbox } = await connectBoard(it, board);
    t.after(() => client.endAsync(true));
    const receiptOf = async (id: string) => (await it.ask<Receipt>("GET", `/v1/messages/${id}`)).body;
    const isDelivered = ({ state }: Receipt) => state === "delivered";
    const { history } = await until(() => receiptOf(early), isDelivered);
    assert.deepEqual(
        history.map(({ state }) => state),
        ["accepted", "sent", "delivered"],
    );
    const late = await send("late");
    assert.equal((await until(() => receiptOf(late), isDelivered)).state, "delivered");
    const bodies = inbox
        .map((payload) => (JSON.parse(payload) as { b?: string }).b)
        .filter((body) => body !== undefined);
    assert.deepEqual(bodies, ["early: Café €5 😀", "late"]);
    const { body } = await it.ask<{ online: boolean; backlog: { messages: number } }>("GET", "/v1/numbers/34611222333");
    assert.deepEqual([body.online, body.backlog.messages], [true, 0]);
    assert.equal((await it.ask<{ connections: { devices: number } }>("GET", "/v1/status")).body.connections.devices, 1);
});

test("gateway: any MQTT client gets what waited and what comes, in order, and nothing twice after a reconnect with its session kept", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const board = await it.register("+34611222333");
    const send = (body: string) => it.ask("POST", "/v1/messages", { body: { to: board.number, body } });
    const bodies: string[] = [];
    for (const body of ["1", "2", "3"]) await send(body);
    for (const round of [0, 1]) {
        const { client, inbox } = await connectBoard(it, board, false);
        for (const body of ["live", "too"]) await send(`${body} ${round}`);
        await eventually("an empty backlog", async () => {
            const { body } = await it.ask<{ backlog: { messages: number } }>("GET", `/v1/numbers/${board.number}`);
            return body.backlog.messages === 0;
        });
        await client.endAsync();
        bodies.push(...inbox.flatMap((payload) => (JSON.parse(payload) as { b?: string }).b ?? []));
    }
    assert.deepEqual(bodies, ["1", "2", "3", "live 0", "too 0", "live 1", "too 1"]);
});

test("gateway: a hello to one of 20 boards has no base of the backoff; with 21 it has, also by a gateway that was just started", async (t) => {
    let it = await runGateway();
    t.after(() => it.stop());
    const helloOf = async (board: { route: string; secret: string }) => {
        const { client, inbox } = await connectBoard(it, board);
        await client.publishAsync(`out/${board.route}/reg`, "{}", { qos: 1 });
        const hello = await until(
            () => Promise.resolve(inbox[0]),
            (first) => first !== undefined,
        );
        await client.endAsync(true);
        return JSON.parse(hello ?? "{}") as { w?: number; d?: number };
    };
    const boards = [];
    for (let index = 10; index < 30; index++) boards.push(await it.register(`+346112223${index}`));
    assert.deepEqual(Object.keys(await helloOf(boards[0]!)), ["e", "c", "w"]);
    await it.register("+34611222399");
    it = await it.restart();
    assert.equal((await helloOf(boards[0]!)).d, 2);
});

test("gateway: removing a number, and registering it anew, end its board's connection", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    for (const end of [
        () => it.ask("POST", "/v1/numbers", { body: { number: "+34611222333" } }),
        () => it.ask("DELETE", "/v1/numbers/+34611222333"),
    ]) {
        const { client } = await connectBoard(it, await it.register("+34611222333"));
        const closed = new Promise((done) => client.once("close", () => done("closed")));
        await end();
        assert.equal(await Promise.race([closed, sleep(5_000, "still open")]), "closed");
        await client.endAsync(true);
    }
});

test("gateway: messages past their time are ended while it runs", async (t) => {
    const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
    const bells: (() => void)[] = [];
    const timers: Timers = {
        ...SYSTEM_TIMERS,
        every(ms, call) {
            if (ms === EXPIRE_EVERY_MS) bells.push(call);
            return SYSTEM_TIMERS.every(ms, call);
        },
    };
    const it = await runGateway({}, { clock, timers });
    t.after(() => it.stop());
    const { number } = await it.register("+34611222333");
    const { body } = await it.ask<{ id: string }>("POST", "/v1/messages", {
        body: { to: number, body: "x", ttlS: 60 },
    });
    const receipt = () => it.ask<Receipt>("GET", `/v1/messages/${body.id}`);
    const ring = () => bells.forEach((bell) => bell());
    ring();
    assert.equal((await receipt()).body.state, "accepted");
    clock.aheadMs = 61_000;
    ring();
    assert.equal((await until(receipt, (answer) => answer.body.state === "expired")).body.state, "expired");
});

test("gateway: a port in use ends the start, and what was opened is closed again", async (t) => {
    const data = folder(t);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    t.after(() => taken.close());
    const port = String((taken.address() as AddressInfo).port);
    for (const flags of [{ mqttPort: port }, { httpPort: port }]) {
        await assert.rejects(runGateway({ data, ...flags }), { code: "unavailable", message: /is already in use/ });
    }
    const it = await runGateway({ data });
    t.after(() => it.gateway.close());
    assert.equal((await it.ask("GET", "/v1/health")).status, 200);
});

test("gateway: closing twice is closing once; nothing is left in the data folder but store and token", async (t) => {
    const data = folder(t);
    const it = await runGateway({ data });
    t.after(() => it.gateway.close());
    await Promise.all([it.gateway.close(), it.gateway.close()]);
    await it.gateway.close();
    assert.ok(existsSync(join(data, "admin-token")));
    await assert.rejects(fetch(it.gateway.url));
});

test("gateway: messages that are under way when it closes are answered, and those accepted are kept", async (t) => {
    const data = folder(t);
    const it = await runGateway({ data });
    t.after(() => it.gateway.close());
    const { number } = await it.register("+34611222333");
    const sending = Array.from({ length: 200 }, (_, at) =>
        it
            .ask<{ id: string }>("POST", "/v1/messages", { body: { to: number, body: String(at) } })
            .then(({ status, body }) => (status === 202 ? body.id : undefined))
            .catch(() => undefined),
    );
    await sending[0];
    await it.gateway.close();
    const accepted = (await Promise.all(sending)).filter((id) => id !== undefined);
    assert.ok(accepted.length > 0);
    const again = await runGateway({ data });
    t.after(() => again.gateway.close());
    for (const id of accepted) assert.equal((await again.ask("GET", `/v1/messages/${id}`)).status, 200);
});

test("gateway: a bit that the disk has flipped in a waiting text ends that message as failed, and nothing else", async (t) => {
    const data = folder(t);
    const before = await runGateway({ data });
    const board = await before.register("+34611222333");
    const send = async (body: string) =>
        (await before.ask<{ id: string }>("POST", "/v1/messages", { body: { to: board.number, body } })).body.id;
    const [, damaged] = [await send("one"), await send("the code is 4711"), await send("three")];
    await before.gateway.close();
    const octets = readFileSync(join(data, "toque.db"));
    octets.write("5711", octets.indexOf("4711"));
    writeFileSync(join(data, "toque.db"), octets);

    const it = await runGateway({ data });
    t.after(() => it.gateway.close());
    const { client, inbox } = await connectBoard(it, board);
    t.after(() => client.endAsync(true));
    const receipt = () => it.ask<Receipt>("GET", `/v1/messages/${damaged}`);
    const { body } = await until(receipt, (answer) => answer.body.state === "failed");
    assert.deepEqual(body.history.at(-1)?.why, "damaged");
    const shown = await until(
        () => Promise.resolve(inbox.map((payload) => (JSON.parse(payload) as { b?: string }).b)),
        (bodies) => bodies.includes("three"),
    );
    assert.deepEqual(
        shown.filter((text) => text !== undefined),
        ["one", "three"],
    );
    assert.ok(it.lines.some((line) => line.includes("the disk has changed the text of a waiting message")));
});

test("gateway: a store that was moved away while it runs makes its health red", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const store = join(it.config.data, "toque.db");
    renameSync(store, `${store}.away`);
    const { status, text } = await it.ask("GET", "/v1/health");
    assert.equal(status, 503);
    assert.match(text, /The store was moved away/);
});

test("gateway: at its end a connection whose request was answered is closed; one whose request is under way is waited for", async (t) => {
    const it = await runGateway();
    t.after(() => it.stop());
    const [quick, slow] = [0, 1].map(() => {
        const socket = connect(it.gateway.httpPort, "127.0.0.1");
        const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${it.token}\r\n`;
        socket.write(`${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{`);
        const seen = { socket, got: "", closed: once(socket, "close") };
        socket.on("data", (octets) => (seen.got += String(octets)));
        return seen;
    }) as [Seen, Seen];
    await it.ask("GET", "/v1/health"); // by then both are under way
    const closing = it.gateway.close();
    quick.socket.write("}");
    await quick.closed;
    slow.socket.write("}");
    await Promise.all([slow.closed, closing]);
    for (const { got } of [quick, slow]) assert.match(got, /^HTTP\/1\.1 400 /);
});

test("gateway: codes go out by the program that was named, and the answer keeps them to itself", async (t) => {
    const data = folder(t);
    const written = join(data, "written");
    const script =
        "require('fs').writeFileSync(process.argv[1], process.env.TOQUE_NUMBER + ' ' + process.env.TOQUE_CODE)";
    const it = await runGateway({ data, codesCommand: `"${process.execPath}" -e "${script}" "${written}"` });
    t.after(() => it.gateway.close());
    const { status, body } = await it.ask<Record<string, string>>("POST", "/v1/codes", {
        body: { number: "+34611222333" },
    });
    assert.equal(status, 201);
    assert.equal(body.channel, "command");
    assert.equal("code" in body, false);
    assert.match(readFileSync(written, "utf8"), /^\+34611222333 [0-9]{8}$/);
});

test("gateway: a program for codes that fails is answered with 503, and the code stays unknown", async (t) => {
    const it = await runGateway({ codesCommand: "false" });
    t.after(() => it.stop());
    const answer = await it.ask<{ error: { message: string } }>("POST", "/v1/codes", {
        body: { number: "+34611222333" },
    });
    assert.equal(answer.status, 503);
    assert.match(answer.body.error.message, /--codes-command ended with 1/);
    assert.doesNotMatch(answer.text + it.lines.join(""), /[0-9]{8}/);
});
