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

/** Calls back into the program, after what is running now. */
export type Later = (work: () => void) => void;

/** An event of a socket that waits for its pass of the loop: octets come in chunks. */
type Pending = ["connect" | "close", unknown] | ["data", string];

/**
 * Espruino's `net.connect` (libs/network/socketserver.c) over a radio. Received octets come in chunks of the firmware's size, one a
 * pass of its loop; "close" comes once, after the last of them, whichever side closed; a write after that throws.
 */
export function connectSocket(
    radio: Radio,
    later: Later,
    chunkOctets: number,
    options: { host: string; port: number; ca?: string },
    connected: SocketListener,
): StandInSocket {
    const listeners = new Map<string, SocketListener>([["connect", connected]]);
    const pending: Pending[] = [];
    let closed = false;
    let path: Connection | undefined = undefined;

    const deliverNext = (): void => {
        const next = pending.shift();
        if (next === undefined) return;
        if (pending.length > 0) later(deliverNext);
        listeners.get(next[0])?.call(socket, next[1]);
    };
    const add = (item: Pending): void => {
        pending.push(item);
        if (pending.length === 1) later(deliverNext);
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
