import mqtt, { type MqttClient } from "mqtt";
import { createConnections, type GatewayConnections } from "../../../gateway/aedes/connections.ts";
import type { ConnectionLimits } from "../../../gateway/limits/connection-limits.ts";
import { createDelivery, type Delivery } from "../../../gateway/delivery/delivery.ts";
import { createDirectory } from "../../../gateway/directory/directory.ts";
import type { Enrolled } from "../../../gateway/directory/enrolment.ts";
import type { Draft } from "../../../gateway/message.ts";
import type { Appended } from "../../../gateway/ports/backlog.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { createIntake } from "../../../gateway/delivery/intake.ts";
import { MESSAGE_SHARES, Shares } from "../../../gateway/limits/shares.ts";
import { Throttle } from "../../../gateway/limits/throttle.ts";
import { SYSTEM_TIMERS } from "../../../gateway/system/timers.ts";
import { createQueue } from "../../../gateway/delivery/queue.ts";
import type { Registration } from "../../../gateway/registration.ts";
import { createTokens, type Tokens } from "../../../gateway/directory/tokens.ts";
import { make, open, remove } from "../../support/embedded-store.ts";
import { numberOf } from "../../support/records.ts";

/** Store, directory, queue, delivery and connections, wired as the gateway is, with a store that can be made slow. */
export interface House {
    store: Store;
    delivery: Delivery;
    connections: GatewayConnections;
    tokens: Tokens;
    port: number;
    logged: string[];
    /** Registers the number with that index. */
    enrol(index: number): Promise<Enrolled>;
    send(to: Registration, body: string, draft?: Partial<Draft>): Promise<Appended>;
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
    const queue = createQueue({ store: seen, clock });
    const directory = createDirectory({ store: seen, clock });
    const tokens = createTokens({ store: seen, clock });
    const intake = createIntake({
        directory,
        queue,
        shares: new Shares(MESSAGE_SHARES),
        throttle: new Throttle(SYSTEM_TIMERS),
        notify: (appended) => delivery.appended(appended),
    });
    const delivery = createDelivery({
        store: seen,
        intake: () => intake,
        connections: () => connections,
        clock,
        log,
    });
    const connections = createConnections({ events: delivery, directory, tokens, limits, clock, log });
    const { port } = await connections.listen({ host: "127.0.0.1", port: 0 });
    return {
        store,
        delivery,
        connections,
        tokens,
        port,
        logged,
        enrol: (index) => directory.register(numberOf(index)),
        async send(to, body, draft = {}) {
            const appended = await queue.append(to, { to: to.number, body, ...draft }, "t1");
            delivery.appended(appended);
            return appended;
        },
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
