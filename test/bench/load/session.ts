import { type BoardLogin, connectBoards, type Connected } from "./boards.ts";
import { Multicast } from "./multicast.ts";
import { connectHttpPublishers, connectPublishers, type Publishers } from "./publishers.ts";
import { connectRedisPublishers, connectRedisReceiver } from "./redis.ts";
import { type Ran, Streams } from "./streams.ts";
import { makeBoards, type Target } from "./target.ts";
import type { TurnSocket } from "./turn-socket.ts";

/** Boards, and who publishes to them. */
export interface Shape {
    by: "MQTT" | "HTTP";
    boards: number;
    publishers: number;
    /** messages that each publisher has under way; one by HTTP */
    inflight: number;
}

/** What counts the messages of a run. */
type Counter = Pick<Streams, "run" | "shown" | "fail" | "progress">;

/** Boards that dial at a time before a measurement. */
const TOGETHER = 100;
/** A run that takes longer has lost a message. */
const RUN_MS = 120_000;

/** All that a load process does to its server. Each call ends before the next begins. */
export class Session {
    readonly #target: Target;
    #counter: Counter | undefined;
    #publishers: Publishers | undefined;
    #sockets: TurnSocket[] = [];
    #logins: BoardLogin[] = [];
    #connected = 0;
    #closing = false;

    constructor(target: Target) {
        this.#target = target;
    }

    /** Makes boards that `connect` connects. On Toque their numbers are registered. */
    async prepare(boards: number): Promise<void> {
        if (this.#target.protocol === "redis") return;
        this.#logins.push(...(await makeBoards(this.#target, this.#logins.length, boards)));
    }

    /** Connects the next prepared boards, that many dialling at a time. */
    async connect(boards: number, together: number): Promise<Connected> {
        const first = this.#connected;
        this.#connected += boards;
        const show = (board: number, data: Buffer, from: number, end: number) =>
            this.#counter?.shown(board, data, from, end);
        if (this.#target.protocol === "redis") {
            const receivers = Array.from({ length: boards }, (_, index) =>
                connectRedisReceiver(this.#target, first + index, show, this.#lost),
            );
            this.#sockets.push(...(await Promise.all(receivers)));
            return { seconds: 0, cut: 0 };
        }
        const logins = this.#logins.slice(first, first + boards);
        const { sockets, ...figures } = await connectBoards(
            this.#target.port,
            logins,
            together,
            show,
            this.#lost,
            first,
        );
        this.#sockets.push(...sockets);
        return figures;
    }

    /** Connects boards and publishers. Stream 0 goes to the first board, stream 1 to the second, and round again. */
    async open({ by, boards, publishers, inflight }: Shape): Promise<void> {
        const target = this.#target;
        const first = this.#connected;
        const to = Array.from({ length: publishers * inflight }, (_, stream) => first + (stream % boards));
        const streams = new Streams(to, (stream, number) => this.#publishers!.publish(stream, number));
        this.#counter = streams;
        await this.prepare(boards);
        await this.connect(boards, TOGETHER);
        if (target.protocol === "redis") this.#publishers = connectRedisPublishers(target, to, publishers, streams);
        else if (by === "HTTP") this.#publishers = connectHttpPublishers(target, to, streams);
        else this.#publishers = await connectPublishers(target, to, publishers, streams);
    }

    /** Connects boards that get one message together. */
    async openMulticast(boards: number): Promise<void> {
        this.#counter = new Multicast(this.#target, this.#connected, boards);
        await this.prepare(boards);
        await this.connect(boards, TOGETHER);
    }

    /** Publishes that many messages and waits until each was accepted and shown. */
    async run(messages: number): Promise<Ran> {
        const counter = this.#counter!;
        const late = setTimeout(() => counter.fail(new Error(`A message is lost: ${counter.progress()}.`)), RUN_MS);
        return counter.run(messages).finally(() => clearTimeout(late));
    }

    /** Ends all connections. Its promise resolves when the server had time to see that. */
    async close(): Promise<void> {
        this.#closing = true;
        this.#counter = undefined;
        this.#publishers?.end();
        this.#publishers = undefined;
        for (const socket of this.#sockets.splice(0)) socket.destroy();
        await new Promise((resolve) => setTimeout(resolve, 500));
        this.#closing = false;
    }

    readonly #lost = (why: string): void => {
        if (!this.#closing) this.#counter?.fail(new Error(`A board's connection ended: ${why}`));
    };
}
