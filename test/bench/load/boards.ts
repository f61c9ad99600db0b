import { connectPacket, type Login, PacketReader, publishPacket, subscribePacket, TYPE } from "./packets.ts";
import { dial, type TurnSocket } from "./turn-socket.ts";

/** A receiver: how it logs in, what it subscribes, and the registration of a Toque board. */
export interface BoardLogin extends Login {
    inbox: string;
    registration?: { topic: string; fields: object };
}

/** Called with the payload of each push that a board gets, valid during the call only. */
export type Shown = (board: number, data: Buffer, from: number, end: number) => void;

const CONNACK_REFUSED = "the server refused the login";

/** CONNECT, SUBSCRIBE and the registration, in one write as boards do. */
function helloOf({ inbox, registration, ...login }: BoardLogin): Buffer {
    const packets = [connectPacket(login), subscribePacket(inbox)];
    if (registration !== undefined) {
        packets.push(publishPacket(registration.topic, 2, Buffer.from(JSON.stringify(registration.fields))));
    }
    return Buffer.concat(packets);
}

/**
 * Connects a board, which then acknowledges each push at once.
 * @param ended called when the connection ends after it was online
 * @returns its socket when the server has answered CONNECT, SUBSCRIBE and the registration
 */
export function connectBoard(
    port: number,
    login: BoardLogin,
    shown: (data: Buffer, from: number, end: number) => void,
    ended: (why: string) => void,
): Promise<TurnSocket> {
    return new Promise((resolve, reject) => {
        let answers = login.registration === undefined ? 2 : 3;
        const reader = new PacketReader((first, data, body, end) => {
            const type = first >> 4;
            if (type === TYPE.publish) {
                const topicEnd = body + 2 + data.readUInt16BE(body);
                if ((first & 6) === 0) return shown(data, topicEnd, end);
                socket.queue(Buffer.from([TYPE.puback << 4, 2, data[topicEnd]!, data[topicEnd + 1]!]));
                return shown(data, topicEnd + 2, end);
            }
            const refused =
                type === TYPE.connack ? data[body + 1] !== 0 : type === TYPE.suback && data[end - 1] === 128;
            if (refused) return reject(new Error(CONNACK_REFUSED));
            if (--answers === 0) resolve(socket);
        });
        const socket = dial(
            port,
            (chunk) => reader.read(chunk),
            (why) => (answers > 0 ? reject(new Error(why)) : ended(why)),
        );
        socket.queue(helloOf(login));
    });
}

/** What it took to connect many boards. */
export interface Connected {
    seconds: number;
    /** connections that ended before the board was online, and were dialled again */
    cut: number;
}

/**
 * Connects boards, that many dialling at a time. One that is cut dials again, at most ten times.
 * @param base index of the first of them, for `shown`
 */
export async function connectBoards(
    port: number,
    logins: BoardLogin[],
    together: number,
    shown: Shown,
    ended: (why: string) => void,
    base = 0,
): Promise<Connected & { sockets: TurnSocket[] }> {
    const startMs = performance.now();
    const sockets: TurnSocket[] = [];
    let next = 0;
    let cut = 0;
    const connectNext = async (): Promise<void> => {
        while (next < logins.length) {
            const index = next++;
            for (let tries = 1; ; tries++) {
                try {
                    const show = (data: Buffer, from: number, end: number) => shown(base + index, data, from, end);
                    sockets.push(await connectBoard(port, logins[index]!, show, ended));
                    break;
                } catch (error) {
                    if (tries === 10 || (error as Error).message === CONNACK_REFUSED) throw error;
                    cut++;
                }
            }
        }
    };
    await Promise.all(Array.from({ length: Math.min(together, logins.length) }, connectNext));
    return { seconds: (performance.now() - startMs) / 1000, cut, sockets };
}
