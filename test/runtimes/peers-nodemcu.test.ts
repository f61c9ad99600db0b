import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { pause } from "../support/eventually.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import type { Peer } from "../support/scripted-gateway.ts";
import { acceptModule, CONNACK, idOf, INBOX, PINGRESP, push, Stage } from "./stage.ts";
import { LUA } from "./subjects.ts";

// What the firmware's mqtt module does where the device must do better: the device's half is in cases/. The module is C on the firmware's network interface:
// NODEMCU_MQTT names a Lua with app/modules/mqtt.c compiled in over this machine's sockets. It is given a program and a port, which the
// program finds as the global `port`.
const MODULE = process.env.NODEMCU_MQTT;
const skip =
    (MODULE ?? "") === ""
        ? "NODEMCU_MQTT is not set: a Lua with the firmware's mqtt module compiled for this machine"
        : false;
/** The firmware's own Lua where it is there. */
const OURS = ["nodemcu51", "lua5.1", "fengari"]
    .map((name) => LUA.find((one) => one.name === name)!)
    .find((one) => one.skip === false)!;

const KEEP_ALIVE_S = 2;
const SOON_MS = 8000;

/** Connects, subscribes, and prints each event. @param online Lua that runs when it is subscribed; `m` is the client */
function programOf(keepAliveS: number, online = ""): string {
    return `
        m = mqtt.Client("peer", ${keepAliveS}, "u", "p")
        m:on("connect", function() print("connected") m:subscribe("${INBOX}", 1, function() print("subscribed") ${online} end) end)
        m:on("connfail", function(_, why) print("connfail " .. why) end)
        m:on("offline", function() print("offline") end)
        m:on("message", function(_, _, data) print("message " .. #data) end)
        m:on("overflow", function(_, _, data) print("overflow " .. #data) end)
        m:on("puback", function() print("puback") end)
        m:connect("127.0.0.1", port)`;
}

/** The module and its gateway. */
class PeerStage {
    readonly gateway: ScriptedGateway;
    readonly printed: string[] = [];
    #wake: () => void = () => undefined;

    private constructor(gateway: ScriptedGateway) {
        this.gateway = gateway;
    }

    static async start(t: TestContext, program: string): Promise<PeerStage> {
        const gateway = await ScriptedGateway.listen();
        t.after(() => gateway.close());
        const stage = new PeerStage(gateway);
        const folder = mkdtempSync(join(tmpdir(), "toque-peer-"));
        const file = join(folder, "peer.lua");
        writeFileSync(file, program);
        const child = spawn(MODULE!, [file, `${gateway.port}`], { stdio: ["ignore", "pipe", "inherit"] });
        createInterface({ input: child.stdout }).on("line", (line) => {
            stage.printed.push(line);
            stage.#wake();
        });
        t.after(async () => {
            child.kill("SIGKILL");
            if (child.exitCode === null && child.signalCode === null) await once(child, "close");
            rmSync(folder, { recursive: true, force: true });
        });
        return stage;
    }

    printedTimes(line: string): number {
        return this.printed.filter((printed) => printed === line).length;
    }

    async prints(line: string, times = 1): Promise<void> {
        const until = performance.now() + SOON_MS;
        while (this.printedTimes(line) < times) {
            const leftMs = until - performance.now();
            assert.ok(leftMs > 0, `it did not print "${line}": ${this.printed.join("; ")}`);
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, leftMs);
                this.#wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }

    /** It is connected and subscribed. */
    async online(): Promise<Peer> {
        const peer = await acceptModule(this.gateway);
        await this.prints("subscribed");
        return peer;
    }
}

describe("NodeMCU's mqtt", { concurrency: 6, skip }, () => {
    test("a message that is not acknowledged ends its pings there, and not here", async (t) => {
        const theirs = await PeerStage.start(t, programOf(KEEP_ALIVE_S, `m:publish("a/topic", "x", 1, 0)`));
        const peer = await theirs.online();
        await peer.receive("publish");
        const stage = await Stage.set(t, OURS);
        const device = await stage.online({ keepAliveS: KEEP_ALIVE_S });
        await stage.device.say({ say: "read", sequence: 1 });
        await device.receive("publish");
        for (let i = 0; i < 3; i++) {
            await device.receive("pingreq");
            device.send(PINGRESP);
        }
        // a gateway closes after one and a half keepalives; this is two
        await pause(4 * 1000 * KEEP_ALIVE_S - 3000);
        assert.equal(peer.waiting, 0, "the module sent something after all");
    });

    test("its pings come where nothing waits, so that the one above is not for another reason", async (t) => {
        const theirs = await PeerStage.start(t, programOf(KEEP_ALIVE_S));
        await (await theirs.online()).receive("pingreq");
    });

    test("a redelivered push is shown twice", async (t) => {
        const theirs = await PeerStage.start(t, programOf(60));
        const peer = await theirs.online();
        const packet = push(1, "once");
        for (let i = 0; i < 2; i++) {
            peer.send(packet);
            await peer.receive("puback");
        }
        await theirs.prints(`message ${JSON.stringify({ n: 1, b: "once" }).length}`, 2);
    });

    test("SUBACK 128 is subscribed", async (t) => {
        const theirs = await PeerStage.start(t, programOf(60));
        await acceptModule(theirs.gateway, 0x80);
        await theirs.prints("subscribed");
    });

    test("what waits is dropped when the connection ends", async (t) => {
        const again = `if not sent then sent = true m:publish("a/topic", "x", 1, 0) end`;
        const theirs = await PeerStage.start(
            t,
            `${programOf(60, again)}
            m:on("offline", function() print("offline") after(100, function() m:connect("127.0.0.1", port) end) end)`,
        );
        const first = await theirs.online();
        await first.receive("publish");
        first.end();
        await theirs.prints("offline");
        const next = await acceptModule(theirs.gateway);
        await next.silence(1000);
    });

    test("a message over 1,024 octets is cut short and acknowledged", async (t) => {
        const packet = push(1, "x".repeat(4096));
        const theirs = await PeerStage.start(t, programOf(60));
        const peer = await theirs.online();
        peer.send(packet);
        assert.equal((await peer.receive("puback")).messageId, idOf(packet));
        await pause(200);
        const cut = theirs.printed.find((line) => line.startsWith("overflow "));
        assert.ok(cut !== undefined && Number(cut.slice("overflow ".length)) < 4096, theirs.printed.join("; "));
    });

    test("a first packet that is no CONNACK ends it for good", async (t) => {
        const theirs = await PeerStage.start(t, programOf(60));
        const peer = await theirs.gateway.accept();
        await peer.receive("connect");
        peer.send(push(1, "too early"), CONNACK);
        await peer.hungUp();
        await assert.rejects(theirs.gateway.accept(2500), /did not connect/);
    });
});
