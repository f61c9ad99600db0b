import type { ListenOptions, Server } from "node:net";
import { GatewayError } from "../error.ts";

/** Makes a server listen, or listen elsewhere: what is connected to it stays. @throws Error of node:net */
export async function listenOn(server: Server, where: ListenOptions): Promise<void> {
    if (server.listening) server.close();
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(where, () => {
            server.off("error", reject);
            resolve();
        });
    });
}

/** What a listener's error means, with what to do. @param flag of the command line that names the port */
export function explainListen(error: unknown, host: string, port: number, flag: string): never {
    const NOT_HERE = `${host} is not an address of this machine: give one that it has, or an interface that has one, with --host.`;
    const sentences: Record<string, string> = {
        EADDRINUSE: `Port ${port} is already in use on ${host}: stop the other program, or choose another port with ${flag}.`,
        EACCES: `Port ${port} is not allowed for this user: choose one above 1023 with ${flag}.`,
        EADDRNOTAVAIL: NOT_HERE,
        ENOTFOUND: NOT_HERE,
        EAI_AGAIN: NOT_HERE,
    };
    const sentence = sentences[(error as NodeJS.ErrnoException).code ?? ""];
    if (sentence === undefined) throw error;
    throw new GatewayError("unavailable", sentence, { cause: error });
}

/** The address at which a listener is reached on this machine: a wildcard address via loopback. */
export function localAddress(host: string): string {
    if (host === "0.0.0.0") return "127.0.0.1";
    return host === "::" ? "::1" : host;
}

/** A host as a URL has it: an IPv6 address in brackets. */
export function urlHost(host: string): string {
    return host.includes(":") ? `[${host}]` : host;
}
