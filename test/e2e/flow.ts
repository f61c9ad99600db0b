import type { Seeded } from "../support/seeded.ts";
import { pause } from "../support/eventually.ts";
import type { Scene } from "./boards.ts";
import { MqttPublisher, publishByHttp } from "./publishers.ts";

export interface FlowOptions {
    /** publishers that go on at the same time */
    lanes: number;
    /** every so many of them publishes by MQTT, the others by HTTP; undefined: none */
    mqttEvery?: number;
    /** in all; undefined: until `stop` */
    messages?: number;
    /** at most, between two messages of a lane */
    pauseMs?: number;
}

/** Messages that flow to a scene's boards, in random order, each until it is acknowledged. */
export class Flow {
    readonly #scene: Scene;
    readonly #random: Seeded;
    readonly #options: FlowOptions;
    readonly #end = new AbortController();
    readonly #lanes: Promise<void>[];
    #allowed = Infinity;
    #taken = 0;

    constructor(scene: Scene, random: Seeded, options: FlowOptions) {
        this.#scene = scene;
        this.#random = random;
        this.#options = options;
        this.#lanes = Array.from({ length: options.lanes }, (_, lane) => this.#publish(lane));
    }

    /** No more than so many in all for now. */
    allow(messages: number): void {
        this.#allowed = messages;
    }

    async #publish(lane: number): Promise<void> {
        const { gateway, ledger, boards } = this.#scene;
        const { mqttEvery = Infinity, messages = Infinity, pauseMs = 0 } = this.#options;
        const mqtt = lane % mqttEvery === 0 && mqttEvery < Infinity ? new MqttPublisher(gateway, ledger) : undefined;
        const { signal } = this.#end;
        while (this.#taken < messages && !signal.aborted) {
            await pause(this.#taken >= this.#allowed ? 5 : this.#random.below(pauseMs));
            // While it paused, other lanes may have taken the last ones.
            if (this.#taken >= Math.min(this.#allowed, messages) || signal.aborted) continue;
            const message = { to: this.#random.pick(boards).number, body: `${this.#taken++} · ¿qué tal? 你好` };
            if (mqtt === undefined) await publishByHttp(gateway, ledger, message, signal);
            else await mqtt.publish(message, signal);
        }
        mqtt?.close();
    }

    /** Resolves when all are acknowledged. */
    async ended(): Promise<void> {
        await Promise.all(this.#lanes);
    }

    /** Ends it. What is under way may be acknowledged or not. */
    async stop(): Promise<void> {
        this.#end.abort();
        await this.ended();
    }
}
