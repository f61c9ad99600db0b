import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Server, connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectPacket } from "../aedes/packets.ts";
import { runToque, serveToque, spawnToque } from "../../support/toque.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "toque-serve-"));
let taken: Server;
let takenPort = "";
before(async () => {
    taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    takenPort = String((taken.address() as AddressInfo).port);
});
after(() => {
    taken.close();
    rmSync(FOLDER, { recursive: true, force: true });
});

const isOpen = (port: number) =>
    new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("connect", () => (socket.destroy(), resolve(true)));
        socket.on("error", () => resolve(false));
    });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`serve: ${signal} ends it with 0, its ports and its process; the token stays, the address goes`, async () => {
        const data = join(FOLDER, signal);
        const toque = spawnToque(["serve", "--data", data, "--mqtt-port", "0", "--http-port", "0"]);
        const line = await toque.firstLine;
        const [, mqtt, http, file] =
            /^Toque listens for boards on 127\.0\.0\.1:(\d+) and for messages on http:\/\/127\.0\.0\.1:(\d+); the admin token is in (.+)$/.exec(
                line,
            ) ?? [];
        assert.ok(file !== undefined, line);
        assert.equal(file, join(data, "admin-token"));
        assert.equal(statSync(file).mode & 0o777, 0o600);
        const address = JSON.parse(readFileSync(join(data, "gateway.json"), "utf8")) as Record<string, unknown>;
        assert.deepEqual(address, {
            url: `http://127.0.0.1:${http}`,
            mqttPort: Number(mqtt),
            httpPort: Number(http),
            pid: toque.child.pid,
        });
        assert.deepEqual(await Promise.all([isOpen(Number(mqtt)), isOpen(Number(http))]), [true, true]);
        toque.child.kill(signal);
        const { status, stdout, stderr } = await toque.ended;
        assert.equal(status, 0);
        assert.equal(stdout, line + "\n");
        for (const entry of stderr.trim().split("\n")) JSON.parse(entry);
        assert.deepEqual(await Promise.all([isOpen(Number(mqtt)), isOpen(Number(http))]), [false, false]);
        assert.equal(existsSync(join(data, "gateway.json")), false);
        assert.ok(existsSync(file));
    });
}

const NPM = process.env.npm_execpath;
test("serve: a signal to npm, which starts it through a shell, ends it", { skip: NPM === undefined }, async () => {
    const data = join(FOLDER, "npm");
    const words = ["start", "--silent", "--", "--data", data, "--mqtt-port", "0", "--http-port", "0", "--json"];
    const npm = spawn(process.execPath, [NPM!, ...words], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(npm.stdout, "data")) as [Buffer];
    const { httpPort } = JSON.parse(line.toString()) as { httpPort: number };
    npm.kill("SIGTERM");
    while (await isOpen(httpPort)) await sleep(100);
    while (existsSync(join(data, "gateway.json"))) await sleep(100);
});

test("serve: a second start keeps the admin token", async () => {
    const data = join(FOLDER, "again");
    const first = await serveToque([], data);
    const token = readFileSync(first.adminTokenFile, "utf8");
    assert.equal((await first.stop()).status, 0);
    const second = await serveToque([], data);
    assert.equal(readFileSync(second.adminTokenFile, "utf8"), token);
    const answer = await fetch(`${second.url}/v1/status`, { headers: { Authorization: `Bearer ${token.trim()}` } });
    assert.equal(answer.status, 200);
    await answer.text();
    await second.stop();
});

test("serve: without a valid admin token its line tells how to make one, and that works offline only", async () => {
    const data = join(FOLDER, "lost");
    const reset = () => spawnToque(["token", "reset-admin", "--data", data]).ended;
    assert.match((await reset()).stderr, /^toque: There is no store .+toque\.db: name the gateway's folder/);
    const first = await serveToque([], data);
    const lost = readFileSync(first.adminTokenFile, "utf8").trim();
    await first.stop();
    rmSync(first.adminTokenFile);
    const without = spawnToque(["serve", "--data", data, "--mqtt-port", "0", "--http-port", "0"]);
    assert.match(await without.firstLine, /; no admin token is in .+lost: "toque token reset-admin" makes one/);
    assert.match((await reset()).stderr, /^toque: .+: stop it first/);
    without.child.kill();
    await without.ended;
    const made: string[] = [];
    for (let count = 0; count < 2; count++) {
        assert.equal((await reset()).status, 0);
        made.push(readFileSync(first.adminTokenFile, "utf8").trim());
    }
    const served = await serveToque([], data);
    const statusOf = async (token: string) => (await served.ask("GET", "/v1/status", { token })).status;
    assert.deepEqual(await Promise.all([lost, ...made].map(statusOf)), [200, 401, 200]);
    await served.stop();
});

test("serve: killed with SIGKILL, it leaves an address that the next start replaces", async () => {
    const data = join(FOLDER, "killed");
    const first = await serveToque([], data);
    first.child.kill("SIGKILL");
    await first.ended;
    assert.ok(existsSync(join(data, "gateway.json")));
    const away = await runToque(["status", "--data", data]);
    assert.equal(away.status, 4);
    assert.match(away.stderr, /^toque: There is no gateway at http:\/\/127\.0\.0\.1:\d+: start it with "toque serve"/);
    const second = await serveToque([], data);
    assert.equal((await runToque(["status", "--data", data])).status, 0);
    await second.stop();
});

test("serve: a folder that a running gateway has is refused in one sentence; the other goes on", async () => {
    const data = join(FOLDER, "locked");
    const first = await serveToque([], data);
    const { status, stdout, stderr } = await runToque([
        "serve",
        "--data",
        data,
        "--mqtt-port",
        "0",
        "--http-port",
        "0",
    ]);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^toque: [^\n]+\.\n$/);
    assert.match(stderr, /gateway|folder/);
    assert.equal((await runToque(["status", "--data", data])).status, 0);
    await first.stop();
});

const port = (flag: string) => ["--mqtt-port", "0", "--http-port", "0", flag];
const REFUSED: [name: string, words: () => string[], status: number, sentence: RegExp][] = [
    [
        "an MQTT port in use",
        () => [...port("--mqtt-port"), takenPort],
        1,
        /^toque: Port \d+ is already in use on 127\.0\.0\.1: .+--mqtt-port\.\n$/,
    ],
    [
        "an HTTP port in use",
        () => [...port("--http-port"), takenPort],
        1,
        /^toque: Port \d+ is already in use on 127\.0\.0\.1: .+--http-port\.\n$/,
    ],
    [
        "another machine's address",
        () => [...port("--host"), "192.0.2.1"],
        1,
        /^toque: 192\.0\.2\.1 is not an address of this machine: .+--host\.\n$/,
    ],
    [
        "a port that is none",
        () => ["--http-port", "http"],
        2,
        /^toque: --http-port must be a port: a number from 0 to 65535\.\n$/,
    ],
    [
        "a key file that is not there",
        () => ["--codes-webhook", "http://127.0.0.1/", "--codes-webhook-key", join(FOLDER, "none")],
        1,
        /^toque: The file of --codes-webhook-key cannot be read.+\n$/,
    ],
    ["an unknown flag", () => ["--mqtt", "1"], 2, /^toque: unknown option '--mqtt'/],
    ["a flag without its value", () => ["--host"], 2, /^toque: option '--host <address>' argument missing/],
    ["a word too many", () => ["now"], 2, /^toque: too many arguments/],
];
for (const [name, words, status, sentence] of REFUSED) {
    test(`serve: ${name} ends with a sentence, exit code ${status} and no stack`, async () => {
        const data = mkdtempSync(join(FOLDER, "refused-"));
        const ended = await runToque(["serve", "--data", data, ...words()]);
        assert.match(ended.stderr, sentence);
        assert.equal(ended.status, status);
        assert.equal(ended.stdout, "");
        assert.doesNotMatch(ended.stderr, /^\s+at /m);
        assert.equal(existsSync(join(data, "gateway.json")), false);
    });
}

test("serve: a data folder that is a file is refused in one sentence", async () => {
    const file = join(FOLDER, "file");
    writeFileSync(file, "");
    const { status, stderr } = await runToque(["serve", "--data", file, "--mqtt-port", "0", "--http-port", "0"]);
    assert.equal(status, 1);
    assert.match(stderr, /^toque: [^\n]+\.\n$/);
});

// As root every folder can be written, but for those of the kernel.
const root = process.getuid?.() === 0;
const noUnwritable = root && !existsSync("/proc/self") ? "runs as root without /proc: unwritable folder" : false;
test("serve: a data folder that cannot be written is refused in one sentence", { skip: noUnwritable }, async () => {
    const data = root ? "/proc/self" : mkdtempSync(join(FOLDER, "unwritable-"));
    if (!root) chmodSync(data, 0o500);
    const { status, stderr } = await runToque(["serve", "--data", data, "--mqtt-port", "0", "--http-port", "0"]);
    assert.equal(status, 1);
    assert.match(stderr, /^toque: [^\n]+\.\n$/);
});

test("serve: its variables set it up", async () => {
    const data = join(FOLDER, "environment");
    const environment = { TOQUE_DATA: data, TOQUE_MQTT_PORT: "0", TOQUE_HTTP_PORT: "0", TOQUE_LOG_LEVEL: "silent" };
    const toque = spawnToque(["serve", "--json"], environment);
    const { adminTokenFile } = JSON.parse(await toque.firstLine) as { adminTokenFile: string };
    assert.equal(adminTokenFile, join(data, "admin-token"));
    toque.child.kill("SIGTERM");
    assert.deepEqual({ ...(await toque.ended), stdout: "" }, { status: 0, stdout: "", stderr: "" });
});

test("serve: clients that are refused and reset their connection leave no memory behind", async () => {
    const served = await serveToque([], join(FOLDER, "resets"));
    const { mqttPort, child } = served;
    const residentMb = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
    const wrong = connectPacket("x", "x", "a".repeat(22));
    // Its CONNACK is written to a connection that is gone: Node itself reads the stack of that error.
    const refuse = (reset: boolean) =>
        new Promise((resolve) => {
            const socket = connect(mqttPort, "127.0.0.1", () => {
                socket.write(wrong, () => reset && setImmediate(() => socket.resetAndDestroy()));
            });
            socket
                .on("error", () => {})
                .on("close", resolve)
                .resume();
        });
    for (let count = 0; count < 150; count++) await refuse(false);
    const before = residentMb();
    for (let count = 0; count < 200; count++) await refuse(true);
    await sleep(500);
    const grown = residentMb() - before;
    await served.stop();
    assert.ok(grown < 15, `${grown.toFixed(0)} MB; source maps are 20 to 35`);
});
