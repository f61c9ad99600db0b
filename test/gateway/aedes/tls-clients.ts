import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { ConnectionLimits } from "../../../gateway/limits/connection-limits.ts";
import { createHomeAuthority, type HomeAuthority, type Pair } from "../../../gateway/tls/authority.ts";
import { eventually } from "../../support/eventually.ts";
import { openDoor, ROUTE, type Door } from "./door.ts";
import { ACCEPTED, connectAs, PINGREQ, PINGRESP } from "./packets.ts";

// A TLS port, and who comes to it: honest clients, and such as stop half-way. Importing this prepares a file's tests.

export let first: HomeAuthority;
export let second: HomeAuthority;
/** the octets of a ClientHello with which a handshake begins, in its record */
export let hello: Buffer;
export const opened: Socket[] = [];
before(async () => {
    first = await createHomeAuthority(["127.0.0.1"], Date.now());
    second = await createHomeAuthority(["127.0.0.1"], Date.now());
    const listening = createServer().listen(0, "127.0.0.1");
    await once(listening, "listening");
    const client = connect({ port: (listening.address() as AddressInfo).port, host: "127.0.0.1" }).on(
        "error",
        () => {},
    );
    const [socket] = (await once(listening, "connection")) as [Socket];
    [hello] = (await once(socket, "data")) as [Buffer];
    for (const each of [client, socket]) each.destroy();
    listening.close();
});
after(() => {
    for (const socket of opened) socket.destroy();
});

export const pem = ({ certificate: cert, key }: Pair) => ({ cert, key });

/** A door with a TLS listener, shut when the test ends. */
export async function openTls(t: { after(end: () => Promise<void>): void }, limits: Partial<ConnectionLimits> = {}) {
    const door = await openDoor({ limits });
    t.after(() => door.shut());
    const listener = await door.connections.listen({ host: "127.0.0.1", port: 0, tls: pem(first.gateway) });
    return { door, listener };
}

export function open(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
        const ca = [first.ca.certificate, second.ca.certificate];
        const socket = connect({ host: "127.0.0.1", port, ca, ...options }, () => resolve(socket));
        opened.push(socket);
        socket.once("error", reject);
    });
}

/** Connects without a word of TLS. @param from which loopback address it is */
export function dialRaw(port: number, from = "127.0.0.1"): Socket {
    const socket = dial({ host: "127.0.0.1", port, localAddress: from })
        .on("error", () => {})
        .resume();
    opened.push(socket);
    return socket;
}

export async function isClosed(socket: Socket): Promise<void> {
    await until(() => socket.closed, "a connection to be closed");
}

export const until = (done: () => boolean, what: string): Promise<void> => eventually(what, done);

/** What comes next. */
export async function heard(socket: Socket): Promise<Buffer> {
    let came: Buffer | undefined;
    socket.once("data", (octets: Buffer) => (came = octets));
    await until(() => came !== undefined || socket.closed, "an answer");
    assert.ok(came !== undefined, "its connection was closed");
    return came;
}

/** A device that is connected over TLS and pings all the time. */
export async function pingAllTheTime(socket: TLSSocket): Promise<{ pings(): number; stop(): Promise<void> }> {
    socket.on("error", () => {}).write(connectAs(ROUTE));
    assert.deepEqual(await heard(socket), ACCEPTED);
    let [pings, going] = [0, true];
    const done = (async () => {
        while (going) {
            socket.write(PINGREQ);
            assert.deepEqual(await heard(socket), PINGRESP);
            pings++;
            await sleep(10);
        }
    })();
    return {
        pings: () => pings,
        async stop() {
            going = false;
            await done;
            socket.destroy();
        },
    };
}

/** Passes octets on in small pieces, each in a turn of its own. @returns far: the newest connection to the gateway */
export async function startRelay(
    t: { after(end: () => void): void },
    port: number,
    octets: number,
): Promise<{ port: number; far(): Socket }> {
    let newest: Socket;
    const relay = createServer((near) => {
        const far = dialRaw(port).pause();
        newest = far;
        opened.push(near);
        const pass = async (from: Socket, to: Socket) => {
            for await (const chunk of from as AsyncIterable<Buffer>) {
                for (let at = 0; at < chunk.length; at += octets) {
                    to.write(chunk.subarray(at, at + octets));
                    await new Promise((resolve) => setImmediate(resolve));
                }
            }
            to.end();
        };
        near.on("error", () => {}).setNoDelay(true);
        far.setNoDelay(true);
        void pass(near, far).catch(() => far.destroy());
        void pass(far, near).catch(() => near.destroy());
    });
    relay.listen(0, "127.0.0.1");
    await once(relay, "listening");
    t.after(() => void relay.close());
    return { port: (relay.address() as AddressInfo).port, far: () => newest };
}

/** Whether all connections are counted out. */
export function isEmpty(door: Door): boolean {
    const { waiting, devices } = door.connections.stats();
    return waiting === 0 && devices === 0;
}
