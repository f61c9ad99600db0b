import type { Seeded } from "../support/seeded.ts";
import { pause } from "../support/eventually.ts";
import type { Scene } from "./boards.ts";
import { MqttPublisher, publishByHttp } from "./publishers.ts";

/** Between two looks whether a lane may go on. */
const HELD_MS = 25;
/** Messages that wait for a board, on average: a backlog holds 1,000, and more would push others out. */
const MOST_WAITING = 200;

export interface FlowOptions {
    /** publishers that go on at the same time */
    lanes: number;
    /** every so many of them publishes by MQTT, the others by HTTP; undefined: none */
    mqttEvery?: number;
    /** every so many of those by HTTP sends the same message to several numbers; undefined: none */
    multicastEvery?: number;
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
        const { mqttEvery = Infinity, multicastEvery = Infinity, messages = Infinity, pauseMs = 0 } = this.#options;
        const mqtt = lane % mqttEvery === 0 ? new MqttPublisher(gateway, ledger) : undefined;
        const most = lane % multicastEvery === 1 ? boards.length : 1;
        const { signal } = this.#end;
        while (this.#taken < messages && !signal.aborted) {
            await pause(this.#isHeld() ? HELD_MS : this.#random.below(pauseMs));
            // While it paused, other lanes may have taken the last ones.
            if (this.#isHeld() || this.#taken >= messages || signal.aborted) continue;
            const left = Math.min(this.#allowed, messages) - this.#taken;
            const to = this.#someNumbers(Math.min(left, 1 + this.#random.below(most)));
            const body = `${this.#taken} · ¿qué tal? 你好`;
            this.#taken += to.length;
            if (mqtt === undefined) await publishByHttp(gateway, ledger, { to, body }, signal);
            else await mqtt.publish(to[0]!, body, signal);
        }
        mqtt?.close();
    }

    #isHeld(): boolean {
        if (this.#taken >= this.#allowed) return true;
        const { boards, ledger } = this.#scene;
        const shown = boards.reduce((all, { device }) => all + device.shown.length, 0);
        return ledger.total - shown > MOST_WAITING * boards.length;
    }

    /** So many of the boards, as they stand in a ring. */
    #someNumbers(count: number): string[] {
        const { boards } = this.#scene;
        const first = this.#random.below(boards.length);
        return Array.from({ length: count }, (_, index) => boards[(first + index) % boards.length]!.number);
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
