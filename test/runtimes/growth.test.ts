import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { ESPRUINO_BUNDLE } from "../../bundler/espruino/build.ts";
import type { EmulatedDevice, Memory } from "../../emulator/device.ts";
import { HandClock } from "../../emulator/clock.ts";
import type { Interpreter } from "../../emulator/lua/machine.ts";
import { startLuaBoard } from "../../emulator/lua/start.ts";
import { startDevice } from "../../emulator/start.ts";
import { pause } from "../support/eventually.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import type { Peer } from "../support/scripted-gateway.ts";
import { greet, idOf, push, ROUTE, SECRET } from "./stage.ts";
import { GENUINE_ESPRUINO, LUA } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

// A long life in short: the memory of the built bundle after many connections and messages is what it was after a few, and no more
// is open: no file, connection, look-up or timer.
// TOQUE_LONG=1 takes ten times as many: 1,000 reconnects and 10,000 messages.
const LONG = process.env.TOQUE_LONG === "1";
const RECONNECTS = LONG ? 1000 : 100;
const MESSAGES = LONG ? 10_000 : 1000;
const TIMEOUT_MS = LONG ? 580_000 : 240_000; // a busy machine
/** Until caches and buffers have their size. */
const WARM_RECONNECTS = 5;
const WARM_MESSAGES = 50;
/** In one write. */
const BATCH = 10;
/** A new address is dialed within half a second of the board's clock. */
const DIAL_MS = 501;
/** Numbers and texts differ by some digits. In the runtime's unit: JsVars, or octets of Lua's heap. */
const TOLERANCE = { JsVars: 8, octets: 1500 };
/** The longest backoff, in dials. */
const MOST_PASSES = 2000;
const SOON_MS = 20_000;

/** A board whose memory can be read, and what makes its time pass. */
interface Grown {
    device: EmulatedDevice;
    pass: () => Promise<void>;
    /** by turns the gateway ends the connection, instead of a new address: the wait that follows costs no real time */
    isEnded: boolean;
}

type Start = (t: TestContext, port: number) => Promise<Grown>;

/**
 * The first error of each kind takes some ten variables for good: the firmware keeps its constructor. One that is thrown late, for a line
 * that the console misread (see Genuine), is not the board's growth, so there is one of each from the start.
 */
const ERRORS = `["nothing","}","undefined.at","(1)()"].forEach(function(text){try{eval(text);}catch(error){}});`;

/** The bundle with a dice that always shows 0: a new address is dialed at once. */
function startEspruino(subject: Subject): Start {
    return async (t, port) => {
        const folder = mkdtempSync(join(tmpdir(), "toque-growth-"));
        const program = join(folder, "program.js");
        writeFileSync(
            program,
            `${readFileSync(ESPRUINO_BUNDLE, "latin1")}\nMath.random=function(){return 0;};${ERRORS}`,
            "latin1",
        );
        const gateway = { host: "127.0.0.1", port };
        const device = await startDevice({
            runtime: "espruino",
            gateway,
            route: ROUTE,
            secret: SECRET,
            program,
            ...subject.options,
        });
        t.after(async () => {
            await device.close();
            rmSync(folder, { recursive: true, force: true });
        });
        return { device, pass: () => pause(5), isEnded: false };
    };
}

/** The bundle on a clock that the test turns. */
function startLua(subject: Subject): Start {
    return async (t, port) => {
        const clock = new HandClock();
        const options = { runtime: "lua" as const, gateway: { host: "127.0.0.1", port }, route: ROUTE, secret: SECRET };
        const device = await startLuaBoard(options, { clock, interpreter: subject.options.interpreter as Interpreter });
        t.after(() => device.close());
        const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
        return { device, pass: () => clock.turn(DIAL_MS, settled), isEnded: true };
    };
}

/** What it holds at rest. Undefined octets: fengari has no collector to ask. */
async function holdings(device: EmulatedDevice): Promise<{ memory: Memory | undefined; handles: number | undefined }> {
    let memory: Memory | undefined;
    // what is finalized in one collection is freed in the next
    for (let i = 0; i < 3; i++) memory = await device.memory().catch(() => undefined);
    return { memory, handles: await device.handles() };
}

/** A device and its gateway, again and again. */
class Life {
    readonly #gateway: ScriptedGateway;
    readonly #device: EmulatedDevice;
    readonly #grown: Grown;
    #peer: Peer | undefined;
    #address = 2;
    #sequence = 0;
    #connections = 0;

    constructor(gateway: ScriptedGateway, grown: Grown) {
        this.#gateway = gateway;
        this.#device = grown.device;
        this.#grown = grown;
    }

    /** Time passes until the board dials and is online. */
    async #connected(): Promise<void> {
        const online = this.#online();
        for (let passes = 0; this.#gateway.peers.length <= this.#connections && passes < MOST_PASSES; passes++)
            await this.#grown.pass();
        this.#peer = await greet(await this.#gateway.accept(SOON_MS));
        this.#connections++;
        await this.#device.until(() => this.#online() > online, SOON_MS);
    }

    #online(): number {
        return this.#device.states.filter(({ state }) => state === "online").length;
    }

    async begin(): Promise<void> {
        await this.#connected();
    }

    async reconnect(times: number): Promise<void> {
        for (let i = 0; i < times; i++) {
            const old = this.#peer;
            if (this.#grown.isEnded && i % 2 === 0) old?.destroy();
            else {
                this.#address = 5 - this.#address;
                await this.#device.setAddress(`127.0.0.${this.#address}`);
            }
            await this.#connected();
            old?.destroy();
        }
    }

    async deliver(messages: number): Promise<void> {
        for (let i = 0; i < messages; i += BATCH) {
            const pushes = Array.from({ length: BATCH }, () => push(++this.#sequence, "Café €5 😀"));
            this.#peer?.send(...pushes);
            for (const packet of pushes)
                assert.equal((await this.#peer?.receive("puback", SOON_MS))?.messageId, idOf(packet));
        }
        await this.#device.until(({ shown }) => shown.length === this.#sequence, SOON_MS);
    }
}

async function lives(t: TestContext, start: Start, parts: number): Promise<void> {
    const gateway = await ScriptedGateway.listen();
    t.after(() => gateway.close());
    const grown = await start(t, gateway.port);
    const { device } = grown;
    const [reconnects, messages] = [RECONNECTS / parts, MESSAGES / parts];
    const life = new Life(gateway, grown);
    try {
        await life.begin();
        await life.reconnect(WARM_RECONNECTS);
        await life.deliver(WARM_MESSAGES);
        const before = await holdings(device);
        await life.reconnect(reconnects);
        await life.deliver(messages);
        const after = await holdings(device);
        const described = ({ memory, handles }: typeof before): string =>
            `${memory === undefined ? "" : `${memory.used} ${memory.unit}, `}${handles} handles`;
        t.diagnostic(
            `${described(before)} before, ${described(after)} after ${reconnects} reconnects and ${messages} messages`,
        );
        if (before.memory !== undefined && after.memory !== undefined) {
            const more = after.memory.used - before.memory.used;
            assert.ok(more <= TOLERANCE[before.memory.unit], `grown by ${more} ${before.memory.unit}`);
        }
        assert.ok(before.handles !== undefined && after.handles !== undefined);
        assert.ok(after.handles <= before.handles, `${after.handles} handles are open, ${before.handles} were`);
        assert.equal(device.shown.length, WARM_MESSAGES + messages);
    } catch (error) {
        const thrown = device.screen.filter((line) => line.includes("Uncaught"));
        t.diagnostic(`the screen showed last: ${[...thrown, ...device.screen.slice(-12)].join("; ")}`);
        throw error;
    }
}

describe(`${RECONNECTS} reconnects and ${MESSAGES} messages leave nothing behind`, { concurrency: 4 }, () => {
    for (const subject of GENUINE_ESPRUINO) {
        test(subject.name, { skip: subject.skip, timeout: TIMEOUT_MS }, (t) => lives(t, startEspruino(subject), 1));
    }
    for (const subject of LUA) {
        // fengari is slow, and has no memory of its own
        const parts = subject.name === "fengari" ? 10 : 1;
        test(subject.name, { skip: subject.skip, timeout: TIMEOUT_MS }, (t) => lives(t, startLua(subject), parts));
    }
});
