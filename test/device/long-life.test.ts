import assert from "node:assert/strict";
import { test } from "node:test";
import type { Push } from "../../device/core/events.ts";
import { OUTBOX } from "../../device/core/outbox.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import type { Seeded } from "../support/seeded.ts";
import { HandTimers } from "../support/hand-timers.ts";
import { SimulatedDevice } from "../support/simulated-device.ts";
import type { Handling, NameServer } from "../support/simulated-device.ts";
import { SimulatedGateway } from "../support/simulated-gateway.ts";
import type { SimulatedMessage } from "../support/simulated-gateway.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Long enough for the longest backoff, and for all that waits. */
const CALM_MS = HOUR_MS;
const SPACING_MS = 1000;
/** What the application sends arrives within this time, where it gets through. */
const SOON_MS = 5000;
/** Not MQTT, or not for a device: a length of five octets, a CONNECT, a page of HTTP, a PUBLISH at QoS 3. */
const GARBAGE = ["ffffffffff", "100c", "485454502f312e3120333032", "360400016100"];

/** In one packet with them, a push is more than the device takes. */
const FILLER_OCTETS = 2000;
/** Attempts at a push: device/core/inbox.ts. */
const TRIES = 3;

function idOf(push: Push): number {
    return Number(push.body.slice("message ".length));
}

/**
 * A day of a device and its gateway. What must hold:
 * - acknowledged ⊆ shown, parked (its handler threw three times), expired or too large: a PUBACK comes only for what is done with;
 * - everything accepted is done with in the end, and what the application sent has arrived, but for what a power cut took;
 * - nothing is shown twice, but for two reasons, each of them good for one more time: the power was cut before the mark that covers
 *   the push was in flash, or the gateway's numbering began anew while it had not heard the PUBACK;
 * - a connection is given up for silence only where the path is dead, and for what the gateway sent only where that was garbage;
 * - two dials are a second apart, unless the address is a new one or the device has just booted;
 * - what the session holds does not grow.
 */
class Day {
    readonly time = new HandTimers();
    readonly random: Seeded;
    readonly gateway: SimulatedGateway;
    readonly device: SimulatedDevice;
    readonly shown = new Map<number, number>();
    readonly parked = new Set<number>();
    /** may be shown once more */
    readonly excused = new Set<number>();
    readonly faults = new Map<string, number>();
    mostWaiting = 0;
    /** payloads that the application sent, until they arrive or a power cut takes them, and since when they can get through */
    readonly #sent = new Map<string, number>();
    #reads = 0;
    /** times that garbage was sent, and the screen has not shown it yet */
    #garbage = 0;
    /** what the handler does from now on: so many times */
    #trouble: { how: "throws" | "cut"; times: number } = { how: "throws", times: 0 };
    /** the push that the handler threw at last, and how often in a row */
    #thrown = { sequence: 0, times: 0 };
    #address = 1;
    #link = true;
    /** a dial may come at once */
    #free = true;

    constructor(random: Seeded) {
        this.random = random;
        this.gateway = new SimulatedGateway("route", () => this.time.nowMs());
        this.gateway.acknowledged = (message) =>
            this.demand(this.#isDone(message), `message ${message.id} was acknowledged, and not shown`);
        this.device = new SimulatedDevice(
            this.time,
            random,
            this.gateway,
            (push) => this.#handle(push),
            () => this.#dial(),
        );
        this.device.showed = (text) => this.#showed(text);
        this.#linkUp();
    }

    demand(is: boolean, what: string): void {
        assert.ok(is, `TOQUE_SEED=${this.random.seed}, at ${this.time.nowMs()} ms: ${what}`);
    }

    #isDone({ id, body, expiresS }: SimulatedMessage): boolean {
        const isLarge = body.length > FILLER_OCTETS;
        const isExpired = expiresS !== undefined && expiresS <= this.gateway.clockS;
        return this.shown.has(id) || this.parked.has(id) || isLarge || isExpired;
    }

    #handle(push: Push): Handling {
        const { random } = this;
        const how = this.#trouble.times > 0 ? this.#trouble.how : "returns";
        this.#trouble.times--;
        if (how === "throws") {
            const times = this.#thrown.sequence === push.sequence ? this.#thrown.times + 1 : 1;
            this.#thrown = { sequence: push.sequence, times };
            if (times === TRIES) this.parked.add(idOf(push));
            return how;
        }
        this.#thrown = { sequence: 0, times: 0 };
        // the power may go before the screen shows it, or behind that
        if (how === "returns" || random.percent(50)) this.#show(push);
        if (how === "cut") this.#restart();
        return how;
    }

    #show(push: Push): void {
        const id = idOf(push);
        const before = this.shown.get(id) ?? 0;
        this.demand(before === 0 || this.excused.delete(id), `message ${id} was shown twice`);
        this.shown.set(id, before + 1);
        // on its way when the numbering began anew: its PUBACK reaches nobody any more
        if (this.device.session.era !== this.gateway.epoch) this.excused.add(id);
        // now and then a person reads it, whatever the connection is doing then
        if (this.random.percent(50)) this.time.after(this.random.below(60_000), () => this.#read(push));
    }

    #read({ sequence }: Push): void {
        const payload = `{"n":${sequence},"i":${++this.#reads}}`;
        if (this.device.say(payload)) this.#sent.set(payload, this.time.nowMs());
    }

    #showed(text: string): void {
        if (/^no answer .(online|connecting|subscribing)/.test(text)) this.demand(this.device.leftDead, text);
        if (text.startsWith("not ")) this.demand(this.#garbage-- > 0, text);
    }

    #dial(): void {
        const [before, now] = this.device.dialedMs.slice(-2);
        if (now !== undefined && !this.#free)
            this.demand(now - before! >= SPACING_MS, `dialed after ${now - before!} ms`);
        this.#free = false;
        if (this.device.dialedMs.length > 2) this.device.dialedMs.splice(0, this.device.dialedMs.length - 2);
    }

    #linkUp(): void {
        this.#free = true;
        this.device.feed({ type: "linkUp", address: `10.0.0.${this.#address}` });
    }

    /** One thing goes wrong. */
    #fault(): void {
        const { random, device, gateway, time } = this;
        const faults: Record<string, () => void> = {
            "new address": () => {
                this.#address = 2 + ((this.#address + random.below(200)) % 250);
                device.die();
                if (this.#link) this.#linkUp();
            },
            "same address": () =>
                device.feed({ type: "linkUp", address: device.session.address || `10.0.0.${this.#address}` }),
            "half open": () => device.die(),
            "gateway closes": () => gateway.current?.end(),
            "link lost": () => {
                device.die();
                this.#link = false;
                device.feed({ type: "linkDown" });
                time.after(100 + random.below(90_000), () => {
                    this.#link = true;
                    this.#linkUp();
                });
            },
            unreachable: () => {
                device.die();
                device.reachable = false;
                time.after(random.below(180_000), () => (device.reachable = true));
            },
            restart: () => this.#restart(),
            "power cut in the handler": () => (this.#trouble = { how: "cut", times: 1 }),
            "handler throws": () => (this.#trouble = { how: "throws", times: 1 + random.below(4) }),
            "name server fails": () => this.#misname("fails"),
            "name server hangs": () => this.#misname("hangs"),
            "name server lies": () => this.#misname("lies"),
            garbage: () => {
                this.#garbage++;
                gateway.current?.line.send(Buffer.from(random.pick(GARBAGE), "hex"));
            },
            "another backoff": () => (gateway.baseS = random.pick([1, 2, 10, 60])),
            renumbered: () => {
                for (const { id } of gateway.backlog) if (this.shown.has(id)) this.excused.add(id);
                gateway.renumber();
            },
        };
        const rare = random.percent(3) ? "renumbered" : undefined;
        const name = rare ?? random.pick(Object.keys(faults).filter((key) => key !== "renumbered"));
        this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
        faults[name]!();
    }

    /** Until the name server is itself again. */
    #misname(how: NameServer): void {
        this.device.nameServer = how;
        this.time.after(this.random.below(300_000), () => (this.device.nameServer = "answers"));
    }

    /** The power is cut. What was shown since the mark in flash may come again. */
    #restart(): void {
        const { flash } = this.device;
        for (const { id, sequence } of this.gateway.backlog) {
            const covered = flash?.epoch === this.gateway.epoch && sequence <= flash.sequence;
            if (this.shown.has(id) && !covered) this.excused.add(id);
        }
        // what did not arrive may be gone with the memory
        this.#sent.clear();
        this.#thrown = { sequence: 0, times: 0 };
        this.device.boot();
        if (this.#link) this.#linkUp();
    }

    /** What the application sent waits, or has arrived; and where it gets through it does not wait for long. */
    #listen(): void {
        const { time, gateway, device } = this;
        const waiting = new Set(device.session.outbox.map(({ payload }) => payload));
        for (const [payload, sinceMs] of this.#sent) {
            if (gateway.heard.delete(payload)) this.#sent.delete(payload);
            else if (!waiting.has(payload)) this.demand(false, `${payload} is gone`);
            else if (!device.isHeard) this.#sent.set(payload, time.nowMs());
            else this.demand(time.nowMs() - sinceMs < SOON_MS, `${payload} is not sent`);
        }
    }

    #watch(): void {
        const { session } = this.device;
        this.gateway.sweep();
        this.#listen();
        this.mostWaiting = Math.max(this.mostWaiting, session.outbox.length);
        this.demand(session.outbox.length <= 2 * OUTBOX, `${session.outbox.length} outgoing messages wait`);
        const kept = session.pieces.join("").length;
        this.demand(kept <= session.limit * 2, `${kept} octets are kept`);
        this.demand(session.pieces.length <= 1 + kept / 64, `${session.pieces.length} pieces are kept`);
        this.demand(Object.keys(session).length < 60, `${Object.keys(session).length} fields in the session`);
    }

    /** Calls work again and again, so long apart on average. */
    #every(meanMs: number, untilMs: number, work: () => void): void {
        const next = (): void => {
            if (this.time.nowMs() > untilMs) return;
            work();
            this.time.after(1 + this.random.below(2 * meanMs), next);
        };
        this.time.after(this.random.below(meanMs), next);
    }

    run(): void {
        const { device, gateway, random, time } = this;
        this.#every(8_000, DAY_MS, () => {
            const filler = random.percent(10) ? FILLER_OCTETS : 0;
            gateway.accept(filler, random.percent(5) ? 1 + random.below(60) : undefined);
        });
        this.#every(30_000, DAY_MS, () => this.#fault());
        this.#every(1000, DAY_MS + CALM_MS, () => this.#watch());
        time.turn(DAY_MS);
        this.#trouble.times = 0;
        // what was on its way to a handler that had no more trouble, or to one that threw, is done with by now
        time.turn(CALM_MS);
        this.demand(gateway.backlog.length === 0, `${gateway.backlog.length} messages still wait`);
        this.demand(
            device.session.pieces.join("").length === device.session.at && device.session.outbox.length === 0,
            "something is left over",
        );
    }
}

const first = chooseSeed();
for (let i = 0; i < (process.env.TOQUE_SEED === undefined ? 3 : 1); i++) {
    test(`24 hours of mixed faults on a hand clock, seed ${first + i}`, { timeout: 60_000 }, (t) => {
        const day = new Day(seeded(first + i));
        day.run();
        const faults = [...day.faults].map(([name, times]) => `${name} ${times}`).join(", ");
        t.diagnostic(`${day.gateway.accepted} messages; ${faults}; most outgoing waiting: ${day.mostWaiting}`);
    });
}
