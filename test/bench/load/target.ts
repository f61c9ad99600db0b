import type { BoardLogin } from "./boards.ts";
import { HttpConnection, postOf } from "./http-connection.ts";
import type { Login } from "./packets.ts";

/** A server as its load sees it. */
export interface Target {
    protocol: "mqtt" | "redis";
    port: number;
    /** receivers' sessions: a durable queue of RabbitMQ's MQTT plugin needs one that is not clean */
    cleanSession: boolean;
    /** Toque's other door; undefined: it is another server */
    http?: { port: number; token: string };
}

/** Requests at a time, while numbers are registered. */
const REGISTERING = 16;

export function numberOf(board: number): string {
    return `+34600${String(100_000 + board)}`;
}

export function topicOf({ http }: Target, board: number): string {
    return http === undefined ? `bench/${board}` : `to/${numberOf(board).slice(1)}`;
}

export function publisherLogin({ http }: Target, publisher: number): Login {
    const token = http === undefined ? {} : { userName: "bench", password: http.token };
    return { clientId: `publisher-${publisher}`, cleanSession: true, ...token };
}

/** What boards log in with, from `first` on. On Toque it registers their numbers. */
export async function makeBoards(target: Target, first: number, count: number): Promise<BoardLogin[]> {
    const logins = new Array<BoardLogin>(count);
    const { http, cleanSession } = target;
    if (http === undefined) {
        return Array.from(logins, (_, index) => {
            const board = first + index;
            return { clientId: `board-${board}`, cleanSession, inbox: topicOf(target, board) };
        });
    }
    let next = 0;
    const register = (connection: HttpConnection) =>
        new Promise<void>((resolve, reject) => {
            const ask = (): void => {
                if (next === count) return resolve();
                const index = next++;
                const json = JSON.stringify({ number: numberOf(first + index) });
                connection.ask(postOf("/v1/numbers", http.token, json), (status, body) => {
                    if (status !== 201) return reject(new Error(`POST /v1/numbers: ${status} ${body}`));
                    logins[index] = toqueBoard(JSON.parse(body) as { route: string; secret: string });
                    ask();
                });
            };
            ask();
        });
    const connections = Array.from({ length: REGISTERING }, () => new HttpConnection(http.port, () => undefined));
    await Promise.all(connections.map(register));
    for (const connection of connections) connection.destroy();
    return logins;
}

/** A board as Toque's own one on Node registers: a window of 16, packets of 1,024 octets. */
function toqueBoard({ route, secret }: { route: string; secret: string }): BoardLogin {
    const fields = { r: "host", v: "bench", a: "127.0.0.1", y: "boot", m: 1_024, w: 16, p: "running" };
    return {
        clientId: route,
        userName: route,
        password: secret,
        cleanSession: true,
        inbox: `in/${route}`,
        registration: { topic: `out/${route}/reg`, fields },
    };
}
