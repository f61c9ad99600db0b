import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Push } from "../../device/core/events.ts";
import type { Platform } from "../../device/platform.ts";

/** What a platform reported, in order. */
export interface Reported {
    type: string;
    value: string | undefined;
}

/** A platform with its device's place taken by the suite. */
export interface PlatformUnderTest {
    platform: Platform;
    reports: Reported[];
    /** how often its timer went off */
    wakes(): number;
    /** what is in a slot: what the device would be told at boot */
    load(name: string): string | undefined;
    /** the two files behind a slot */
    slotFiles(name: string): [string, string];
    /** what the application did with the last push; throws when told so */
    failHandler(fails: boolean): void;
    close(): void;
}

/** One board's platform. `names` is what its name server says; "hangs" never answers. */
export interface PlatformFactory {
    name: string;
    start: (port: number, names: Record<string, string>) => Promise<PlatformUnderTest>;
}

const SOON_MS = 5000;
const QUIET_MS = 60;
const HOST = "127.0.0.1";
const ALL_OCTETS = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet));
const PUSH: Push = {
    sequence: 1,
    body: "body",
    title: undefined,
    urgency: undefined,
    from: undefined,
    collapseKey: undefined,
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(is: () => boolean, what: string): Promise<void> {
    const startedMs = performance.now();
    while (!is()) {
        if (performance.now() - startedMs > SOON_MS) throw new Error(`${what}: not within ${SOON_MS} ms`);
        await pause(2);
    }
}

/** The suite that every board passes: device/platform.ts, sentence by sentence. */
export function runPlatformSuite({ name, start }: PlatformFactory): void {
    describe(`platform ${name}`, () => {
        let server: Server;
        let peers: Socket[] = [];
        let heard = "";
        let under: PlatformUnderTest;
        const types = (): string => under.reports.map(({ type }) => type).join(" ");
        const received = (): string =>
            under.reports.map(({ type, value }) => (type === "bytes" ? value! : "")).join("");

        async function fresh(names: Record<string, string> = {}): Promise<Platform> {
            under?.close();
            peers = [];
            heard = "";
            under = await start((server.address() as AddressInfo).port, names);
            return under.platform;
        }

        async function open(): Promise<Platform> {
            const platform = await fresh();
            platform.dial(HOST);
            await until(() => types() === "opened" && peers.length === 1, "opened");
            return platform;
        }

        before(async () => {
            server = createServer((socket) => {
                peers.push(socket);
                socket.on("error", () => undefined);
                socket.on("data", (data: Buffer) => (heard += data.toString("latin1")));
            });
            await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
        });
        after(async () => {
            under?.close();
            for (const peer of peers) peer.destroy();
            await new Promise((resolve) => server.close(resolve));
        });

        test("nowMs is a whole number that never goes back", async () => {
            const platform = await fresh();
            let last = platform.nowMs();
            for (let i = 0; i < 20; i++) {
                const now = platform.nowMs();
                assert.equal(now, Math.floor(now));
                assert.ok(now >= last);
                last = now;
                await pause(1);
            }
        });

        test("wakeAfter: a wake, and the last one asked for counts", async () => {
            const platform = await fresh();
            platform.wakeAfter(10);
            platform.wakeAfter(QUIET_MS * 100);
            await pause(QUIET_MS);
            assert.equal(under.wakes(), 0);
            platform.wakeAfter(5);
            await until(() => under.wakes() > 0, "a wake");
            const before = under.wakes(); // a board whose timer is an interval wakes until it is told otherwise, as a device does
            platform.wakeAfter(0);
            await until(() => under.wakes() > before, "a wake at once");
        });

        test("wakeAfter: a negative delay takes the wake back", async () => {
            const platform = await fresh();
            platform.wakeAfter(10);
            platform.wakeAfter(-1);
            await pause(QUIET_MS);
            assert.equal(under.wakes(), 0);
        });

        test("dial: opened, bytes, closed, in this order and once each", async () => {
            await open();
            peers[0]!.end("hello");
            await until(() => types().endsWith("closed"), "closed");
            await pause(QUIET_MS);
            assert.match(types(), /^opened (bytes )+closed$/);
            assert.equal(received(), "hello");
        });

        test("dial: nobody listens there: closed, once", async () => {
            const platform = await fresh();
            const dead = createServer();
            await new Promise<void>((resolve) => dead.listen(0, HOST, resolve));
            const { port } = dead.address() as AddressInfo;
            await new Promise((resolve) => dead.close(resolve));
            under.close();
            under = await start(port, {});
            under.platform.dial(HOST);
            await until(() => types() !== "", "closed");
            await pause(QUIET_MS);
            assert.equal(types(), "closed");
            assert.notEqual(platform, under.platform);
        });

        test("every octet passes in both directions", async () => {
            const platform = await open();
            platform.send(ALL_OCTETS);
            peers[0]!.write(ALL_OCTETS, "latin1");
            await until(() => heard.length === 256 && received().length === 256, "256 octets both ways");
            assert.equal(heard, ALL_OCTETS);
            assert.equal(received(), ALL_OCTETS);
        });

        test("send keeps the order, whatever the sizes", async () => {
            const platform = await open();
            let all = "";
            for (let i = 0; i < 40; i++) {
                const piece = `<${i}>${"x".repeat((i * 137) % 1500)}`;
                platform.send(piece);
                all += piece;
            }
            await until(() => heard.length === all.length, "all of it");
            assert.equal(heard, all);
        });

        test("much that comes at once is reported whole and in order", async () => {
            await open();
            const all = Array.from({ length: 3000 }, (_, i) => String(i)).join(",");
            peers[0]!.write(all);
            await until(() => received().length === all.length, "all of it");
            assert.equal(received(), all);
        });

        test("hangUp: nothing of that connection is reported any more", async () => {
            const platform = await open();
            peers[0]!.write("late");
            platform.hangUp();
            peers[0]!.write("later");
            peers[0]!.end();
            await pause(QUIET_MS);
            assert.equal(types(), "opened");
        });

        test("hangUp: the peer sees the end, though octets were still on their way", async () => {
            const platform = await open();
            const ended = new Promise((resolve) => peers[0]!.once("close", resolve));
            peers[0]!.pause();
            platform.send("x".repeat(20_000));
            platform.hangUp();
            peers[0]!.resume();
            await ended;
        });

        test("hangUp while dialing, twice, and when nothing is open: silent", async () => {
            const platform = await fresh();
            platform.hangUp();
            platform.dial(HOST);
            platform.hangUp();
            platform.hangUp();
            await pause(QUIET_MS);
            assert.equal(types(), "");
        });

        test("a second connection hears nothing of the first", async () => {
            const platform = await open();
            platform.hangUp();
            platform.dial(HOST);
            await until(() => types() === "opened opened" && peers.length === 2, "opened again");
            peers[0]!.end("of the first");
            peers[1]!.write("of the second");
            await until(() => received() !== "", "bytes");
            await pause(QUIET_MS);
            assert.equal(received(), "of the second");
            assert.doesNotMatch(types(), /closed/);
        });

        test("send on a connection that the peer has closed does not throw", async () => {
            const platform = await open();
            peers[0]!.destroy();
            await pause(QUIET_MS);
            platform.send("into nothing");
            await until(() => types().endsWith("closed"), "closed");
            platform.send("into less");
        });

        test("resolve: an address, or nothing when there is no such name", async () => {
            const platform = await fresh({ "gateway.test": "127.0.0.7", "nobody.test": "fails" });
            platform.resolve("gateway.test");
            await until(() => under.reports.length === 1, "resolved");
            platform.resolve("nobody.test");
            await until(() => under.reports.length === 2, "resolved again");
            assert.deepEqual(under.reports, [
                { type: "resolved", value: "127.0.0.7" },
                { type: "resolved", value: undefined },
            ]);
        });

        test("resolve: an older question is not answered after a newer one", async () => {
            const platform = await fresh({ "a.test": "127.0.0.7", "b.test": "127.0.0.8" });
            platform.resolve("a.test");
            platform.resolve("b.test");
            await until(() => under.reports.length > 0, "resolved");
            await pause(QUIET_MS);
            assert.equal(under.reports.length, 1);
        });

        test("hangUp takes a question back, and one without answer stays without", async () => {
            const platform = await fresh({ "a.test": "127.0.0.7", "slow.test": "hangs" });
            platform.resolve("a.test");
            platform.hangUp();
            await pause(QUIET_MS);
            platform.resolve("slow.test");
            await pause(QUIET_MS);
            assert.equal(types(), "");
        });

        test("handle: true when the handler returned, false when it threw", async () => {
            const platform = await fresh();
            assert.equal(platform.handle(PUSH), true);
            under.failHandler(true);
            assert.equal(platform.handle(PUSH), false);
            under.failHandler(false);
            assert.equal(platform.handle(PUSH), true);
        });

        test("save: what was saved is there, octet for octet, and the other slots are not touched", async () => {
            const platform = await fresh();
            assert.equal(platform.save("session", '{"epoch":1}'), true);
            assert.equal(platform.save("credentials", ALL_OCTETS), true);
            assert.equal(under.load("session"), '{"epoch":1}');
            assert.equal(under.load("credentials"), ALL_OCTETS);
        });

        test("save: a write torn after any octet, or with any octet changed, leaves the state before", async () => {
            const platform = await fresh();
            platform.save("session", "before");
            const old = under.slotFiles("session").map(readSlotFile);
            platform.save("session", "after the torn write");
            const files = under.slotFiles("session");
            const at = readSlotFile(files[0]) === old[0] ? 1 : 0;
            const whole = readSlotFile(files[at]);
            for (let octets = 0; octets < whole.length; octets++) {
                writeFileSync(files[at], whole.slice(0, octets), "latin1");
                assert.equal(under.load("session"), "before", `torn after ${octets}`);
                const changed = String.fromCharCode(whole.charCodeAt(octets) ^ 0x10);
                writeFileSync(files[at], whole.slice(0, octets) + changed + whole.slice(octets + 1), "latin1");
                assert.equal(under.load("session"), "before", `octet ${octets} changed`);
            }
            assert.equal(platform.save("session", "next"), true);
            assert.equal(under.load("session"), "next");
            assert.equal(readSlotFile(files[1 - at]!), old[1 - at], "the slot that was whole is still there");
        });

        test("save: 300 times in a row, and the last one counts", async () => {
            const platform = await fresh();
            for (let i = 0; i < 300; i++) platform.save("session", `state ${i}`);
            assert.equal(under.load("session"), "state 299");
        });

        test("save: what is there already is not written again", async () => {
            const platform = await fresh();
            platform.save("session", "same");
            const files = under.slotFiles("session").map(readSlotFile);
            assert.equal(platform.save("session", "same"), true);
            assert.deepEqual(under.slotFiles("session").map(readSlotFile), files);
        });

        test("show and about: nothing breaks, and about is pairs of flat JSON", async () => {
            const platform = await fresh();
            platform.show("waiting", "the gateway refused the route or the secret");
            platform.show("online", undefined);
            const fields = JSON.parse(`{${platform.about()}}`) as Record<string, unknown>;
            assert.equal(typeof fields.r, "string");
            assert.equal(typeof fields.v, "string");
            for (const key of ["f", "q"]) assert.ok(fields[key] === undefined || Number.isInteger(fields[key]), key);
        });
    });
}

function readSlotFile(path: string): string {
    try {
        return readFileSync(path, "latin1");
    } catch {
        return "";
    }
}
