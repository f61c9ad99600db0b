import { pemOf } from "../../device/host/network.ts";
import type { Connection } from "../../device/host/network.ts";
import type { Radio } from "../radio.ts";

type SocketListener = (this: StandInSocket, what: unknown) => void;

/** A socket as the program sees it. */
export interface StandInSocket {
    on(event: string, listener: SocketListener): void;
    write(data: string): void;
    end(): void;
    clsNow?: boolean;
}

/** Calls back into the program, outside of whatever is running now. */
export type Later = (work: () => void) => void;

/** What happened on a socket and was not told yet: octets in chunks, in between what opens and closes it. */
type News = ["connect" | "close", unknown] | ["data", string];

/**
 * Espruino's `net.connect` (libs/network/socketserver.c) over a radio. Received octets come in chunks of the firmware's size, one a
 * pass of its loop; "close" comes once, after the last of them, whoever closed; what is written after that throws.
 */
export function connectSocket(
    radio: Radio,
    later: Later,
    chunkOctets: number,
    options: { host: string; port: number; ca?: string },
    connected: SocketListener,
): StandInSocket {
    const listeners = new Map<string, SocketListener>([["connect", connected]]);
    const news: News[] = [];
    let closed = false;
    let path: Connection | undefined = undefined;

    const tellNext = (): void => {
        const next = news.shift();
        if (next === undefined) return;
        if (news.length > 0) later(tellNext);
        listeners.get(next[0])?.call(socket, next[1]);
    };
    const add = (item: News): void => {
        news.push(item);
        if (news.length === 1) later(tellNext);
    };
    const close = (hadError: boolean): void => {
        if (closed) return;
        closed = true;
        add(["close", hadError]);
    };

    const socket: StandInSocket = {
        on: (event, listener) => void listeners.set(event, listener),
        write: (data) => {
            if (closed) throw new Error("This socket is closed");
            path?.write(Buffer.from(data, "latin1"));
        },
        // everything was given to the radio at once, so there is nothing to wait for
        end: () => {
            path?.close();
            close(false);
        },
    };
    path = radio.open(
        options.host,
        options.port,
        {
            opened: () => add(["connect", socket]),
            received: (data) => {
                for (let at = 0; at < data.length; at += chunkOctets) {
                    add(["data", data.toString("latin1", at, at + chunkOctets)]);
                }
            },
            closed: () => close(false),
        },
        options.ca === undefined ? undefined : pemOf(Buffer.from(options.ca, "latin1").toString("base64")),
    );
    return socket;
}
