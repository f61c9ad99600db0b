import assert from "node:assert/strict";
import { startDevice } from "../../../emulator/start.ts";
import type { DeviceOptions, EmulatedDevice } from "../../../emulator/device.ts";
import { CONNACK, hello, idOf, puback, push, ROUTE, SECRET, suback } from "../../runtimes/stage.ts";
import { setTimeout as pause } from "node:timers/promises";
import { ScriptedGateway } from "../../support/scripted-gateway.ts";
import type { Peer } from "../../support/scripted-gateway.ts";

const ONLINE_MS = 30_000;
/** Far more than the slowest interpreter needs for a push. */
const PUSH_MS = 20_000;
/** A board that takes as much memory as so long before is at rest. */
const REST_MS = 300;

/** What a measurement starts: the built bundle, or another program of the board. */
export type Start = (options: DeviceOptions) => Promise<EmulatedDevice>;

/** The settings of every board that is measured. */
export function settings(port: number): DeviceOptions {
    return { runtime: "espruino", gateway: { host: "127.0.0.1", port }, route: ROUTE, secret: SECRET };
}

/** A board and the gateway that the measurement plays for it. */
export class Measured {
    readonly device: EmulatedDevice;
    readonly #gateway: ScriptedGateway;
    #peer: Peer | undefined;
    #sequence = 0;

    private constructor(device: EmulatedDevice, gateway: ScriptedGateway) {
        this.device = device;
        this.#gateway = gateway;
    }

    static async start(options: Partial<DeviceOptions>, start: Start = startDevice): Promise<Measured> {
        const gateway = await ScriptedGateway.listen();
        try {
            return new Measured(await start({ ...settings(gateway.port), ...options }), gateway);
        } catch (error) {
            await gateway.close();
            throw error;
        }
    }

    /** Resolves when the board's next connection is registered, greeted and online. */
    async online(): Promise<void> {
        const before = this.#timesOnline();
        const peer = await this.#gateway.accept(ONLINE_MS);
        await peer.receive("connect");
        const { messageId } = await peer.receive("subscribe");
        const registration = await peer.receive("publish");
        peer.send(CONNACK, suback(messageId), puback(idOf(registration)), hello());
        this.#peer = peer;
        await this.device.until(() => this.#timesOnline() > before, ONLINE_MS);
    }

    /** @returns true when the board acknowledged the push; false when it never did, or hung up */
    async push(body: string, withinMs = PUSH_MS): Promise<boolean> {
        const packet = push(++this.#sequence, body);
        this.#peer!.send(packet);
        try {
            return (await this.#peer!.receive("puback", withinMs)).messageId === idOf(packet);
        } catch {
            return false;
        }
    }

    /** Sends several pushes in one write. Throws when one is not acknowledged. */
    async pushes(count: number, body: string): Promise<void> {
        const packets = Array.from({ length: count }, () => push(++this.#sequence, body));
        this.#peer!.send(...packets);
        for (const packet of packets) assert.equal((await this.#peer!.receive("puback")).messageId, idOf(packet));
    }

    /** Memory in use when the board has nothing left to do, in its own unit. */
    async atRest(): Promise<number> {
        let used = NaN;
        for (;;) {
            const before = used;
            used = (await this.device.memory()).used;
            if (used === before) return used;
            await pause(REST_MS);
        }
    }

    async close(): Promise<void> {
        await this.device.close();
        await this.#gateway.close();
    }

    #timesOnline(): number {
        return this.device.states.filter(({ state }) => state === "online").length;
    }
}
