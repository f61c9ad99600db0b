import type { Shown } from "./boards.ts";
import type { Publishers, Reports } from "./publishers.ts";
import { bodyOf, writeNumber } from "./streams.ts";
import { topicOf, type Target } from "./target.ts";
import { dial, type TurnSocket } from "./turn-socket.ts";

/** A command in Redis' protocol, RESP 2. */
function command(...words: (string | Buffer)[]): Buffer {
    const parts = words.map((word) => [
        Buffer.from(`$${Buffer.byteLength(word)}\r\n`),
        Buffer.from(word),
        Buffer.from("\r\n"),
    ]);
    return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts.flat()]);
}

/** Cuts replies out of a stream of octets. @param take gets each whole reply */
function replies(take: (reply: Buffer) => void): (chunk: Buffer) => void {
    let rest: Buffer = Buffer.alloc(0);
    return (chunk) => {
        rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
        for (let end = endOf(rest, 0); end > 0; end = endOf(rest, 0)) {
            take(rest.subarray(0, end));
            rest = rest.subarray(end);
        }
    };
}

/** Where the reply at `start` ends; -1: it is not whole. */
function endOf(data: Buffer, start: number): number {
    const lineEnd = data.indexOf("\r\n", start);
    if (lineEnd < 0) return -1;
    const length = Number(data.toString("latin1", start + 1, lineEnd));
    const kind = String.fromCharCode(data[start]!);
    let end = lineEnd + 2;
    if (kind === "$" && length >= 0) end += length + 2;
    if (kind === "*") for (let left = length; left > 0 && end > 0; left--) end = endOf(data, end);
    return end > data.length ? -1 : end;
}

const GROUP = "bench";

/**
 * A receiver of a stream: it reads what is new in its group, acknowledges and deletes each entry, and reads again.
 * Resolves when its group is there.
 */
export function connectRedisReceiver(
    target: Target,
    board: number,
    shown: Shown,
    ended: (why: string) => void,
): Promise<TurnSocket> {
    const key = topicOf(target, board);
    const read = command("XREADGROUP", "GROUP", GROUP, "board", "COUNT", "16", "BLOCK", "0", "STREAMS", key, ">");
    return new Promise((resolve, reject) => {
        let made = false;
        const take = (reply: Buffer): void => {
            if (reply[0] === 0x2d) return reject(new Error(reply.toString()));
            if (reply[0] === 0x3a) return; // of XACK and XDEL
            if (!made) {
                made = true;
                socket.queue(read);
                return resolve(socket);
            }
            const ids: string[] = [];
            for (const [entry, id] of reply
                .toString("latin1")
                .matchAll(/(\d+-\d+)\r\n\*2\r\n\$1\r\nb\r\n\$\d+\r\n#\d+/g)) {
                ids.push(id!);
                const body = Buffer.from(entry);
                shown(board, body, 0, body.length);
            }
            socket.queue(Buffer.concat([command("XACK", key, GROUP, ...ids), command("XDEL", key, ...ids), read]));
        };
        const socket = dial(target.port, replies(take), ended);
        socket.queue(command("XGROUP", "CREATE", key, GROUP, "$", "MKSTREAM"));
    });
}

/** Publishers: an XADD is answered when the append-only file is on the disk. */
export function connectRedisPublishers(
    target: Target,
    boards: number[],
    publishers: number,
    reports: Reports,
): Publishers {
    const each = boards.length / publishers;
    const requests = boards.map((board, stream) => command("XADD", topicOf(target, board), "*", "b", bodyOf(stream)));
    const bodyAt = requests.map((request) => request.indexOf("#"));
    const sockets = Array.from({ length: publishers }, () => {
        const underWay: number[] = []; // answers come in the order of the requests
        const take = (reply: Buffer): void => {
            if (reply[0] === 0x24) reports.accepted(underWay.shift()!);
            else reports.fail(new Error(reply.toString()));
        };
        const lost = (why: string) => reports.fail(new Error(`A publisher's connection ended: ${why}`));
        return { underWay, socket: dial(target.port, replies(take), lost) };
    });
    return {
        publish(stream, number) {
            const { underWay, socket } = sockets[Math.floor(stream / each)]!;
            writeNumber(requests[stream]!, number, bodyAt[stream]);
            underWay.push(stream);
            socket.queue(requests[stream]!);
        },
        end: () => sockets.forEach(({ socket }) => socket.destroy()),
    };
}
