import mqtt, { type MqttClient } from "mqtt";
import { createConnections, type GatewayConnections } from "../../../gateway/aedes/connections.ts";
import { createDomain } from "../../../gateway/delivery/domain.ts";
import type { Enrolled } from "../../../gateway/directory/enrolment.ts";
import type { Tokens } from "../../../gateway/directory/tokens.ts";
import type { ConnectionLimits } from "../../../gateway/limits/connection-limits.ts";
import type { Appended } from "../../../gateway/ports/backlog.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import type { Registration } from "../../../gateway/registration.ts";
import { SYSTEM_TIMERS } from "../../../gateway/system/timers.ts";
import { make, open, remove } from "../../support/embedded-store.ts";
import { numberOf } from "../../support/records.ts";
import { SENDER } from "./desk.ts";

/** Domain and connections, wired as the gateway is, with a store that can be made slow. */
export interface House {
    store: Store;
    connections: GatewayConnections;
    tokens: Tokens;
    port: number;
    logged: string[];
    /** Registers the number with that index. */
    enrol(index: number): Promise<Enrolled>;
    send(to: Registration, body: string): Promise<Appended>;
    close(): Promise<void>;
}

export async function openHouse(
    wrap: (store: Store) => Store = (store) => store,
    limits: Partial<ConnectionLimits> = {},
): Promise<House> {
    const dir = make();
    const store = await open(dir);
    const seen = wrap(store);
    const clock = { nowMs: () => Date.now() };
    const logged: string[] = [];
    const write = (fields: Record<string, unknown>, message: string) =>
        void logged.push(
            `${message} ${JSON.stringify(fields)} ${fields.error instanceof Error ? fields.error.stack : ""}`,
        );
    const log = { info: write, warn: write, error: write };
    const domain = createDomain({ store: seen, connections: () => connections, clock, log, timers: SYSTEM_TIMERS });
    const { directory, tokens, intake, delivery } = domain;
    const connections = createConnections({ events: delivery, intake, directory, tokens, limits, clock, log });
    const { port } = await connections.listen({ host: "127.0.0.1", port: 0 });
    return {
        store,
        connections,
        tokens,
        port,
        logged,
        enrol: (index) => directory.register(numberOf(index)),
        send: (to, body) => intake.accept(SENDER, { to: to.number, body }),
        async close() {
            await connections.shut();
            await delivery.close();
            await seen.close();
            remove(dir);
        },
    };
}

/** A device in few lines: registers with what it has seen last, shows what is new, acknowledges after that. */
export class Device {
    readonly #port: number;
    readonly #enrolled: Enrolled;
    client: MqttClient | undefined;
    epoch = 0;
    last = 0;
    shown: string[] = [];
    /** pushes on the wire, those seen before included, by connection */
    pushes: number[][] = [];

    constructor(port: number, enrolled: Enrolled) {
        this.#port = port;
        this.#enrolled = enrolled;
    }

    async connect(): Promise<void> {
        const { route, secret } = this.#enrolled;
        const client = mqtt.connect(`mqtt://127.0.0.1:${this.#port}`, {
            clientId: route,
            username: route,
            password: secret,
            reconnectPeriod: 0,
            resubscribe: false,
        });
        const pushes: number[] = [];
        this.pushes.push(pushes);
        this.client = client;
        client.on("error", () => {});
        client.on("message", (_topic, payload) => this.#receive(payload, pushes));
        await new Promise((resolve) => client.once("connect", resolve));
        await client.subscribeAsync(`in/${route}`, { qos: 1 });
        const fields = { r: "host", v: "1", a: "10.0.0.7", y: "link", m: 1024, w: 4, e: this.epoch, n: this.last };
        await client.publishAsync(`out/${route}/reg`, JSON.stringify(fields), { qos: 1 });
    }

    #receive(payload: Buffer, pushes: number[]): void {
        const fields = JSON.parse(payload.toString()) as { n?: number; b?: string; e?: number };
        if (fields.e !== undefined) {
            if (fields.e !== this.epoch) this.last = 0;
            this.epoch = fields.e;
        }
        if (fields.n === undefined || fields.b === undefined) return;
        pushes.push(fields.n);
        if (fields.n <= this.last) return;
        this.last = fields.n;
        this.shown.push(fields.b);
    }

    /** Drops the connection without a word. */
    drop(): void {
        this.client?.stream.destroy();
        this.client?.end(true);
    }
}
