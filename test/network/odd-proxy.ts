import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** What a proxy does with one connection. Both sides stay open, and the system goes on answering for them, unless a field below differs. */
export interface Oddity {
    /** it connects to the server so long after it was connected to itself; never: Infinity */
    connectAfterMs?: number;
    /** how long each piece takes, each way */
    delayMs?: number;
    /** after so long nothing is passed on any more, either way */
    deafAfterMs?: number;
    /** after so long one side, and only that one, gets the end of the other */
    endsAfterMs?: number;
    endsTowards?: "device" | "gateway";
}

/** A proxy in front of a server on this machine. @param choose what the connection of that number, from 0, meets */
export async function oddProxy(target: number, choose: (connection: number) => Oddity) {
    const sockets = new Set<Socket>();
    const timers = new Set<NodeJS.Timeout>();
    let connections = 0;
    const later = (ms: number, work: () => void) => {
        if (Number.isFinite(ms)) timers.add(setTimeout(work, ms));
    };
    const keep = (socket: Socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    };

    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (device) => {
        const odd = choose(connections++);
        const delayMs = odd.delayMs ?? 0;
        keep(device);
        later(odd.connectAfterMs ?? 0, () => {
            const gateway = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
            keep(gateway);
            let deaf = false;
            later(odd.deafAfterMs ?? Infinity, () => (deaf = true));
            later(odd.endsAfterMs ?? Infinity, () => (odd.endsTowards === "device" ? device : gateway).end());
            for (const [from, to] of [
                [device, gateway],
                [gateway, device],
            ] as const) {
                from.setNoDelay(true);
                from.on("data", (data) => later(delayMs, () => !deaf && !to.writableEnded && to.write(data)));
                // the end of a side reaches the other, but not one that got an end before
                from.on("end", () => later(delayMs, () => !deaf && odd.endsTowards === undefined && to.end()));
                from.on("close", () => later(delayMs, () => !deaf && odd.endsTowards === undefined && to.destroy()));
            }
            device.resume();
        });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return {
        port: (listener.address() as AddressInfo).port,
        connections: () => connections,
        close() {
            for (const timer of timers) clearTimeout(timer);
            for (const socket of sockets) socket.destroy();
            listener.close();
        },
    };
}
