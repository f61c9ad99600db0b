import { memoryFlash } from "../../../device/host/flash.ts";
import { directNetwork, type Connection, type Listener, type Network } from "../../../device/host/network.ts";
import { startHostDevice, wallClock, type Clock, type HostDevice } from "../../../device/host/start.ts";
import { createBackoffBase } from "../../../gateway/delivery/backoff-base.ts";
import { publishOnce } from "../../gateway/aedes/packets.ts";
import { chooseSeed, seeded, type Seeded } from "../../support/seeded.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { pause } from "../../support/eventually.ts";
import { count, type Attack, type Scale, type Verdict } from "../verdict.ts";
import type { Enrolled } from "../../support/gateway-client.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf } from "../wire-client.ts";

const DEVICES = 2_000;
const BACK_MS = 150_000;
const MAX_CONNECTS_PER_S = 50;
/** How long the gateway is away: a restart, an update, a power cut, about as long as the base, an hour. */
const AWAY_MS = [300, 3_000, 30_000, 60_000, 105_000, 300_000, 3_600_000];

const LONGEST_SHORT_MS = 300_000;

/** Devices of the core on Node, and when each of them wrote CONNECT and was online. */
class Fleet {
    readonly devices: HostDevice[] = [];
    /** moments of CONNECT packets that reached a gateway */
    connectsMs: number[] = [];
    readonly states: string[] = [];
    readonly onlineMs: number[] = [];

    constructor(
        registered: Enrolled[],
        port: number,
        network: (index: number) => Network,
        clock: Clock,
        random: Seeded,
    ) {
        for (const [index, { number, route, secret }] of registered.entries()) {
            const flash = memoryFlash();
            flash.save("config", JSON.stringify({ host: "127.0.0.1", port, number }));
            flash.save("credentials", JSON.stringify({ route, secret }));
            const own = network(index);
            const counted: Network = {
                resolve: (host) => own.resolve(host),
                open: (address, at, listener) =>
                    own.open(address, at, {
                        ...listener,
                        received: (data) => listener.received(data),
                        closed: () => listener.closed(),
                        opened: () => {
                            this.connectsMs.push(clock.nowMs());
                            listener.opened();
                        },
                    }),
            };
            const device = startHostDevice({
                flash,
                network: counted,
                chip: `chip${index}`,
                handle: () => undefined,
                show: (state) => {
                    this.states[index] = state;
                    if (state === "online") this.onlineMs[index] = clock.nowMs();
                },
                clock,
                random: () => random.fraction(),
            });
            this.devices.push(device);
        }
    }

    get online(): number {
        return this.states.filter((state) => state === "online").length;
    }

    /** Most CONNECTs in any second since a moment. */
    peakSince(sinceMs: number): number {
        const moments = this.connectsMs.filter((ms) => ms >= sinceMs).sort((a, b) => a - b);
        let first = 0;
        let peak = 0;
        for (const [last, ms] of moments.entries()) {
            while (moments[first]! <= ms - 1_000) first++;
            peak = Math.max(peak, last - first + 1);
        }
        return peak;
    }

    stop(): void {
        for (const device of this.devices) device.stop();
    }
}

/** A gateway without a network: it lets everybody in, at once, while it is up. */
class InstantGateway {
    up = true;
    readonly #open = new Set<Listener>();
    readonly #clock: Clock;
    /** What a device gets at its registration. */
    readonly #hello: Buffer;

    constructor(clock: Clock, baseS: number | undefined) {
        this.#clock = clock;
        this.#hello = Buffer.from(JSON.stringify({ e: 1, c: 1_770_000_000, w: 0, d: baseS }));
    }

    readonly network = (route: string): Network => ({
        resolve: (host) => Promise.resolve(host),
        open: (_address, _port, listener): Connection => {
            let live = true;
            const later = (work: () => void) => void this.#clock.after(1, () => live && work());
            const leave = () => {
                live = false;
                this.#open.delete(listener);
            };
            const gone: Listener = { ...listener, closed: () => (leave(), listener.closed()) };
            if (this.up) {
                this.#open.add(gone);
                later(() => listener.opened());
            } else later(() => gone.closed());
            const answer = (hex: string) => later(() => listener.received(Buffer.from(hex, "hex")));
            return {
                write: (data) => {
                    if (data[0] === 0x10) {
                        answer(`200200009003${data.subarray(data.indexOf(0x82) + 2).toString("hex", 0, 2)}01`);
                        answer(publishOnce(`in/${route}`, this.#hello).toString("hex"));
                    } else if (data[0] === 0xc0) answer("d000");
                },
                close: () => {
                    leave();
                    this.#open.delete(gone);
                },
            };
        },
    });

    fall(): void {
        this.up = false;
        for (const connection of [...this.#open]) connection.closed();
        this.#open.clear();
    }
}

/** The same conversation of 2,000 cores, with a clock turned by hand. @returns the peak, and when the last one was back */
async function rehearse(awayMs: number, seed: number): Promise<{ peak: number; backMs: number; missing: number }> {
    const clock = new HandTimers();
    const store = { contacts: { liveSince: () => Promise.resolve(DEVICES) } };
    const base = createBackoffBase({ store, clock });
    base();
    await Promise.resolve(); // it has counted
    const gateway = new InstantGateway(clock, base());
    const registered = Array.from({ length: DEVICES }, (_, index) => ({
        number: `+8881${String(index).padStart(8, "0")}`,
        route: `route-${String(index).padStart(10, "0")}`,
        secret: "s".repeat(22),
    }));
    const fleet = new Fleet(
        registered,
        1883,
        (index) => gateway.network(registered[index]!.route),
        clock,
        seeded(seed),
    );
    for (const [index, device] of fleet.devices.entries()) {
        clock.after(index * 50, () => device.linkUp(`10.0.${index >> 8}.${index & 255}`));
    }
    clock.turn(300_000);
    if (fleet.online !== DEVICES) throw new Error(`only ${fleet.online} devices came online in the rehearsal`);
    const downMs = clock.nowMs();
    gateway.fall();
    clock.turn(awayMs);
    gateway.up = true;
    clock.turn(2 * BACK_MS);
    fleet.stop();
    const backMs = Math.max(...fleet.onlineMs) - downMs - awayMs;
    return { peak: fleet.peakSince(downMs), backMs, missing: DEVICES - fleet.online };
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    for (const awayMs of AWAY_MS.filter((ms) => scale !== "short" || ms <= LONGEST_SHORT_MS)) {
        const { peak, backMs, missing } = await rehearse(awayMs, chooseSeed());
        verdict.figure(
            `away ${awayMs / 1000} s: all back after ${(backMs / 1000).toFixed(0)} s, peak ${peak} CONNECT/s`,
        );
        verdict.must(missing === 0 && backMs <= BACK_MS, `after ${awayMs / 1000} s away all are back within 150 s`);
        verdict.must(peak <= MAX_CONNECTS_PER_S, `after ${awayMs / 1000} s away there are 50 CONNECT/s at most`);
    }
    if (scale !== "short") await forReal(verdict);
}

/** How a gateway goes away and comes back. */
const WAYS: { name: string; go: (victim: Victim) => Promise<void> }[] = [
    { name: "restarted", go: (victim) => victim.restart() },
    { name: "restarted after 3 s", go: (victim) => victim.restart(3_000) },
    { name: "killed", go: (victim) => victim.restart(0, "SIGKILL") },
    { name: "away for a minute", go: (victim) => victim.restart(60_000) },
];

/** 2,000 devices with sockets of their own, and a gateway that really goes away and comes back. */
async function forReal(verdict: Verdict): Promise<void> {
    await underAttack(async (victim) => {
        const registered = await victim.registerMany(DEVICES);
        const network = (index: number) => directNetwork(addressOf(index));
        const fleet = new Fleet(registered, victim.port, network, wallClock, seeded(chooseSeed()));
        const allOnline = async (withinMs: number) => {
            const untilMs = performance.now() + withinMs;
            while (fleet.online < DEVICES && performance.now() < untilMs) await pause(100);
            return fleet.online === DEVICES;
        };
        for (const [index, device] of fleet.devices.entries()) {
            device.linkUp(addressOf(index));
            if (index % 50 === 49) await pause(250);
        }
        verdict.must(await allOnline(30_000), "2,000 devices are online before it begins");
        for (const { name, go } of WAYS) {
            await pause(35_000); // so that their backoff starts from its base
            const downMs = wallClock.nowMs();
            await go(victim);
            const upMs = wallClock.nowMs();
            const back = await allOnline(2 * BACK_MS);
            const backMs = Math.max(...fleet.onlineMs) - upMs;
            const peak = fleet.peakSince(downMs);
            verdict.figure(
                `for real, ${name}: ${count(fleet.online)} back after ${(backMs / 1000).toFixed(0)} s, peak ${peak} CONNECT/s`,
            );
            verdict.must(back && backMs <= BACK_MS, `for real, ${name}: all are back within 150 s`);
            verdict.must(peak <= MAX_CONNECTS_PER_S, `for real, ${name}: there are 50 CONNECT/s at most`);
        }
        fleet.stop();
    });
}

/** No attack, but as hard as one: 2,000 devices whose gateway comes back. */
export const fleet: Attack = { name: "fleet", run };
