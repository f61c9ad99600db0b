import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Input, Slot, Taken } from "../../device/core/events.ts";
import type { Platform, Request } from "../../device/platform.ts";
import { eventually, pause } from "../support/eventually.ts";
import { ALL_OCTETS, testSlots } from "./platform-slots.ts";
import type { Slots } from "./platform-slots.ts";

/** What the suite asks of a platform. */
export type Asked = Pick<Platform, "nowMs" | "perform">;

/** A platform, the suite in its device's place. */
export interface PlatformUnderTest extends Pick<Slots, "load" | "slotFiles"> {
    platform: Asked;
    /** what it reported, in order, but for its wakes */
    reports: Input[];
    /** how often its timer went off */
    wakes(): number;
    /** what the application's handler does from now on; `postpones`: it returns `false` */
    setHandler(how: HandlerDoes): void;
    close(): void;
}

export type HandlerDoes = "returns" | "throws" | "postpones";

/** One board's platform. `names` has its name server's answers; "hangs" never answers. */
export interface PlatformFactory {
    name: string;
    start: (port: number, names: Record<string, string>) => Promise<PlatformUnderTest>;
}

const QUIET_MS = 60;
const HOST = "127.0.0.1";
const DIAL: Request = { type: "dial", address: HOST };
const HANG_UP: Request = { type: "hangUp" };
const DELIVER: Request = {
    type: "deliver",
    message: {
        sequence: 1,
        body: "body",
        title: undefined,
        urgency: undefined,
        from: undefined,
        collapseKey: undefined,
    },
};

/** The suite that every board passes: device/platform.ts, sentence by sentence. */
export function runPlatformSuite({ name, start }: PlatformFactory): void {
    describe(`platform ${name}`, () => {
        let server: Server;
        let peers: Socket[] = [];
        let heard = "";
        let under: PlatformUnderTest;
        const types = (): string => under.reports.map(({ type }) => type).join(" ");
        const received = (): string =>
            under.reports.map((report) => (report.type === "bytes" ? report.data : "")).join("");
        const perform = (request: Request): Taken => under.platform.perform(request);
        const send = (data: string): Taken => perform({ type: "send", data });
        const wake = (afterMs: number): Taken => perform({ type: "wake", afterMs });
        const resolve = (host: string): Taken => perform({ type: "resolve", host });
        const save = (slot: Slot, json: string): boolean => perform({ type: "save", slot, json }) === true;

        async function fresh(names: Record<string, string> = {}, port?: number): Promise<void> {
            under?.close();
            peers = [];
            heard = "";
            under = await start(port ?? (server.address() as AddressInfo).port, names);
        }

        async function open(): Promise<void> {
            await fresh();
            perform(DIAL);
            await eventually("opened", () => types() === "opened" && peers.length === 1);
        }

        before(async () => {
            server = createServer((socket) => {
                peers.push(socket);
                socket.on("error", () => undefined);
                socket.on("data", (data: Buffer) => (heard += data.toString("latin1")));
            });
            await new Promise<void>((listening) => server.listen(0, HOST, listening));
        });
        after(async () => {
            under?.close();
            for (const peer of peers) peer.destroy();
            await new Promise((closed) => server.close(closed));
        });

        test("nowMs is a whole number that never goes back", async () => {
            await fresh();
            let last = under.platform.nowMs();
            for (let i = 0; i < 20; i++) {
                const now = under.platform.nowMs();
                assert.equal(now, Math.floor(now));
                assert.ok(now >= last);
                last = now;
                await pause(1);
            }
        });

        test("wake: a tick, and the last one asked for counts", async () => {
            await fresh();
            wake(10);
            wake(QUIET_MS * 100);
            await pause(QUIET_MS);
            assert.equal(under.wakes(), 0);
            wake(5);
            await eventually("a wake", () => under.wakes() > 0);
            const before = under.wakes(); // a board whose timer is an interval wakes until the next is asked for
            wake(0);
            await eventually("a wake at once", () => under.wakes() > before);
        });

        test("dial: opened, bytes, closed, in this order and once each", async () => {
            await open();
            peers[0]!.end("hello");
            await eventually("closed", () => types().endsWith("closed"));
            await pause(QUIET_MS);
            assert.match(types(), /^opened (bytes )+closed$/);
            assert.equal(received(), "hello");
        });

        test("dial: nobody listens there: closed, once", async () => {
            const dead = createServer();
            await new Promise<void>((listening) => dead.listen(0, HOST, listening));
            const { port } = dead.address() as AddressInfo;
            await new Promise((closed) => dead.close(closed));
            await fresh({}, port);
            perform(DIAL);
            await eventually("closed", () => types() !== "");
            await pause(QUIET_MS);
            assert.equal(types(), "closed");
        });

        test("every octet passes in both directions", async () => {
            await open();
            send(ALL_OCTETS);
            peers[0]!.write(ALL_OCTETS, "latin1");
            await eventually("256 octets both ways", () => heard.length === 256 && received().length === 256);
            assert.equal(heard, ALL_OCTETS);
            assert.equal(received(), ALL_OCTETS);
        });

        test("send keeps the order, whatever the sizes", async () => {
            await open();
            let all = "";
            for (let i = 0; i < 40; i++) {
                const piece = `<${i}>${"x".repeat((i * 137) % 1500)}`;
                send(piece);
                all += piece;
            }
            await eventually("all of it", () => heard.length === all.length);
            assert.equal(heard, all);
        });

        test("much that comes at once is reported whole and in order", async () => {
            await open();
            const all = Array.from({ length: 3000 }, (_, i) => String(i)).join(",");
            peers[0]!.write(all);
            await eventually("all of it", () => received().length === all.length);
            assert.equal(received(), all);
        });

        test("hangUp: nothing of that connection is reported any more", async () => {
            await open();
            peers[0]!.write("late");
            perform(HANG_UP);
            peers[0]!.write("later");
            peers[0]!.end();
            await pause(QUIET_MS);
            assert.equal(types(), "opened");
        });

        test("hangUp: the peer sees the end, though octets were still on their way", async () => {
            await open();
            const ended = new Promise((closed) => peers[0]!.once("close", closed));
            peers[0]!.pause();
            send("x".repeat(20_000));
            perform(HANG_UP);
            peers[0]!.resume();
            await ended;
        });

        test("hangUp while dialing, twice, and when nothing is open: silent", async () => {
            await fresh();
            perform(HANG_UP);
            perform(DIAL);
            perform(HANG_UP);
            perform(HANG_UP);
            await pause(QUIET_MS);
            assert.equal(types(), "");
        });

        test("a second connection hears nothing of the first", async () => {
            await open();
            perform(HANG_UP);
            perform(DIAL);
            await eventually("opened again", () => types() === "opened opened" && peers.length === 2);
            peers[0]!.end("of the first");
            peers[1]!.write("of the second");
            await eventually("bytes", () => received() !== "");
            await pause(QUIET_MS);
            assert.equal(received(), "of the second");
            assert.doesNotMatch(types(), /closed/);
        });

        test("send on a connection that the peer has closed does not throw", async () => {
            await open();
            peers[0]!.destroy();
            await pause(QUIET_MS);
            send("into nothing");
            await eventually("closed", () => types().endsWith("closed"));
            send("into less");
        });

        test("resolve: an address, or nothing when there is no such name", async () => {
            await fresh({ "gateway.test": "127.0.0.7", "nobody.test": "fails" });
            resolve("gateway.test");
            await eventually("resolved", () => under.reports.length === 1);
            resolve("nobody.test");
            await eventually("resolved again", () => under.reports.length === 2);
            assert.deepEqual(under.reports, [
                { type: "resolved", address: "127.0.0.7" },
                { type: "resolved", address: undefined },
            ]);
        });

        test("resolve: an older question is not answered after a newer one", async () => {
            await fresh({ "a.test": "127.0.0.7", "b.test": "127.0.0.8" });
            resolve("a.test");
            resolve("b.test");
            await eventually("resolved", () => under.reports.length > 0);
            await pause(QUIET_MS);
            assert.equal(under.reports.length, 1);
        });

        test("hangUp takes a question back, and one without answer stays without", async () => {
            await fresh({ "a.test": "127.0.0.7", "slow.test": "hangs" });
            resolve("a.test");
            perform(HANG_UP);
            await pause(QUIET_MS);
            resolve("slow.test");
            await pause(QUIET_MS);
            assert.equal(types(), "");
        });

        test("deliver: true when the handler returned, false when it threw, later when it returned false", async () => {
            await fresh();
            for (const [does, taken] of [
                ["returns", true],
                ["throws", false],
                ["postpones", "later"],
                ["returns", true],
            ] as const) {
                under.setHandler(does);
                assert.equal(perform(DELIVER), taken);
            }
        });

        test("describe: described, with what only the board knows", async () => {
            await fresh();
            perform({ type: "describe" });
            await eventually(types, () => types() === "described");
            const [report] = under.reports;
            assert.match(report?.type === "described" ? report.about : "", /^"r":"\w+","v":"[^"]+","p":"running"/);
        });

        testSlots(async () => {
            await fresh();
            return { ...under, save };
        });

        test("state: with a text, and without", async () => {
            await fresh();
            perform({ type: "state", state: "waiting", text: "the gateway refused the route or the secret" });
            perform({ type: "state", state: "online", text: undefined });
        });

        test("opened: about is pairs of flat JSON", async () => {
            await open();
            const [opened] = under.reports;
            assert.ok(opened?.type === "opened");
            const fields = JSON.parse(`{${opened.about}}`) as Record<string, unknown>;
            assert.equal(typeof fields.r, "string");
            assert.equal(typeof fields.v, "string");
            for (const key of ["f", "q"]) assert.ok(fields[key] === undefined || Number.isInteger(fields[key]), key);
        });
    });
}
