import { HttpConnection, postOf } from "./http-connection.ts";
import { connectPacket, PacketReader, publishPacket, TYPE } from "./packets.ts";
import { bodyOf, writeNumber } from "./streams.ts";
import { numberOf, publisherLogin, topicOf, type Target } from "./target.ts";
import { dial, type TurnSocket } from "./turn-socket.ts";

/** Who publishes the messages of streams. */
export interface Publishers {
    publish(stream: number, number: number): void;
    end(): void;
}

/** What publishers report. */
export interface Reports {
    accepted(stream: number): void;
    fail(error: Error): void;
}

/** Connects publishers; each has the same share of the streams. @param boards where each stream goes */
export async function connectPublishers(
    target: Target,
    boards: number[],
    publishers: number,
    reports: Reports,
): Promise<Publishers> {
    const each = boards.length / publishers;
    const sockets = await Promise.all(
        Array.from({ length: publishers }, (_, publisher) => connectPublisher(target, publisher, each, reports)),
    );
    // A stream has one message under way, so its packet and its packet id are used again and again.
    const packets = boards.map((board, stream) =>
        publishPacket(topicOf(target, board), (stream % each) + 1, bodyOf(stream)),
    );
    return {
        publish(stream, number) {
            writeNumber(packets[stream]!, number);
            sockets[Math.floor(stream / each)]!.queue(packets[stream]!);
        },
        end: () => sockets.forEach((socket) => socket.destroy()),
    };
}

function connectPublisher(target: Target, publisher: number, each: number, reports: Reports): Promise<TurnSocket> {
    return new Promise((resolve, reject) => {
        const reader = new PacketReader((first, data, body) => {
            if (first >> 4 === TYPE.puback) reports.accepted(publisher * each + data.readUInt16BE(body) - 1);
            else if (data[body + 1] === 0) resolve(socket);
            else reject(new Error("The server refused a publisher's login."));
        });
        const socket = dial(
            target.port,
            (chunk) => reader.read(chunk),
            (why) => reports.fail(new Error(`A publisher's connection ended: ${why}`)),
        );
        socket.queue(connectPacket(publisherLogin(target, publisher)));
    });
}

/** Publishes by HTTP: a keep-alive connection for each stream. */
export function connectHttpPublishers(target: Target, boards: number[], reports: Reports): Publishers {
    const { port, token } = target.http!;
    const body = (stream: number) => bodyOf(stream).toString();
    const requests = boards.map((board, stream) =>
        postOf("/v1/messages", token, JSON.stringify({ to: numberOf(board), body: body(stream) })),
    );
    const bodyAt = requests.map((request, stream) => request.indexOf(body(stream)));
    const lost = (why: string) => reports.fail(new Error(`An HTTP connection ended: ${why}`));
    const connections = boards.map(() => new HttpConnection(port, lost));
    return {
        publish(stream, number) {
            writeNumber(requests[stream]!, number, bodyAt[stream]);
            connections[stream]!.ask(requests[stream]!, (status, answer) => {
                if (status === 202) reports.accepted(stream);
                else reports.fail(new Error(`POST /v1/messages: ${status} ${answer}`));
            });
        },
        end: () => connections.forEach((connection) => connection.destroy()),
    };
}
