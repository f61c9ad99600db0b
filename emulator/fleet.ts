/**
 * `npm run emulate -- --fleet 10000 --url http://… --token T [--gateway H:P]`: thousands of virtual devices in one process, for load. Each is the
 * device's core on Node with a number, an address and a socket of its own. Their numbers begin with +888, which no country has.
 */
import { createInterface } from "node:readline";
import { memoryFlash } from "../device/host/flash.ts";
import { directNetwork } from "../device/host/network.ts";
import { type HostDevice, startHostDevice } from "../device/host/start.ts";

/** Numbers are registered so many at a time, and devices are switched on so many a second. */
const AT_ONCE = 32;
const PER_SECOND = 500;
const STATUS_MS = 1_000;

export interface FleetOptions {
    size: number;
    gateway: { host: string; port: number };
    /** the gateway's HTTP, and an admin's token for it */
    url: string;
    token: string;
    keepAliveS?: number;
}

interface Registration {
    number: string;
    route: string;
    secret: string;
}

/** +888, and nine digits. */
function numberOf(index: number): string {
    return `+888${String(100_000_000 + index)}`;
}

/** From 127.1.0.1, 250 to a block: no two devices of 60,000 share one. @param turn gives another one after each change */
export function addressOf(index: number, turn: number): string {
    return `127.${1 + (turn % 100)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}

/** A fleet that runs. */
export class Fleet {
    readonly #options: FleetOptions;
    readonly #devices: HostDevice[] = [];
    readonly #states: string[] = [];
    #turn = 0;
    #shown = 0;
    #ended = false;

    constructor(options: FleetOptions) {
        this.#options = options;
    }

    /** Devices by state, and the messages that all of them have shown. */
    get status(): { states: Record<string, number>; shown: number } {
        const states: Record<string, number> = {};
        for (const state of this.#states) states[state] = (states[state] ?? 0) + 1;
        return { states, shown: this.#shown };
    }

    /** Registers the numbers and switches the devices on, a few hundred a second. */
    async start(): Promise<void> {
        const startedMs = performance.now();
        for (let from = 0; from < this.#options.size && !this.#ended; from += AT_ONCE) {
            const group = Array.from({ length: Math.min(AT_ONCE, this.#options.size - from) }, (_, at) => from + at);
            const registrations = await Promise.all(group.map((index) => this.#register(numberOf(index))));
            registrations.forEach((registration, at) => this.#switchOn(from + at, registration));
            const earlyMs = (from / PER_SECOND) * 1000 - (performance.now() - startedMs);
            if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
        }
    }

    async #register(number: string): Promise<Registration> {
        const { url, token } = this.#options;
        const answer = await fetch(`${url}/v1/numbers`, {
            method: "POST",
            headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
            body: JSON.stringify({ number, label: "fleet" }),
        });
        const body = (await answer.json()) as Registration & { error?: { message: string } };
        if (body.error !== undefined) throw new Error(`The gateway did not register ${number}: ${body.error.message}`);
        return body;
    }

    #switchOn(index: number, { route, secret }: Registration): void {
        if (this.#ended) return;
        const { gateway, keepAliveS } = this.#options;
        const flash = memoryFlash();
        flash.save("config", JSON.stringify({ ...gateway, keepAliveS }));
        flash.save("credentials", JSON.stringify({ route, secret }));
        const device = startHostDevice({
            flash,
            // its network asks for the address each time: it may have changed
            network: {
                resolve: (host) => directNetwork().resolve(host),
                open: (...call) => directNetwork(addressOf(index, this.#turn)).open(...call),
            },
            chip: `fleet${index}`,
            handle: () => void this.#shown++,
            show: (state) => void (this.#states[index] = state),
        });
        this.#states[index] = "offline";
        this.#devices.push(device);
        device.linkUp(addressOf(index, this.#turn));
    }

    /** Another address for every device. */
    move(): void {
        this.#turn++;
        this.linkUp();
    }

    linkDown(): void {
        for (const device of this.#devices) device.linkDown();
    }

    linkUp(): void {
        this.#devices.forEach((device, index) => device.linkUp(addressOf(index, this.#turn)));
    }

    /** Ends every device. */
    stop(): void {
        this.#ended = true;
        for (const device of this.#devices.splice(0)) device.stop();
    }
}

/** Runs a fleet at a terminal until its input is `quit` or a signal comes. */
export async function runFleet(options: FleetOptions): Promise<void> {
    const fleet = new Fleet(options);
    let last = "";
    const timer = setInterval(() => {
        const { states, shown } = fleet.status;
        const line = `${Object.entries(states)
            .map(([state, count]) => `${count} ${state}`)
            .join(", ")}; ${shown} messages shown`;
        if (line !== last) console.log(line);
        last = line;
    }, STATUS_MS);
    const input = createInterface({ input: process.stdin });
    const end = (): void => {
        clearInterval(timer);
        input.close();
        fleet.stop();
    };
    const commands: Record<string, () => void> = {
        address: () => fleet.move(),
        down: () => fleet.linkDown(),
        up: () => fleet.linkUp(),
        quit: end,
    };
    input.on("line", (line) => {
        const command = commands[line.trim()];
        if (command !== undefined) command();
        else if (line.trim() !== "") console.log("Use address, down, up or quit: each is for all devices.");
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
    try {
        await fleet.start();
    } catch (error) {
        end();
        throw error;
    }
}
