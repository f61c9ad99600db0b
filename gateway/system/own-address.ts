import { isIP } from "node:net";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import type { Log } from "../log.ts";
import type { Timers } from "./timers.ts";

const LOOK_EVERY_MS = 2_000;

/** The address to listen on: of the interface that the host names, IPv4 first; or the host as it is. */
export function addressOf(host: string): string {
    const own = networkInterfaces()[host] ?? [];
    const best = own.find(({ family }) => family === "IPv4") ?? own.find(({ scopeid }) => scopeid === 0);
    return best?.address ?? host;
}

/** Whether this machine has the address now; of "any address", whether it has one that others reach. */
function isHere(address: string): boolean {
    const all = Object.values(networkInterfaces()).flatMap((own) => own ?? []);
    const isIt = ({ internal, address: one }: NetworkInterfaceInfo) =>
        address === "0.0.0.0" || address === "::" ? !internal : one === address;
    return isIP(address) !== 0 && all.some(isIt);
}

/**
 * Watches the address that the gateway listens on, and makes it listen again where the interface that the host names has another one. A
 * listener on an address that went away works again by itself when that is back.
 * @param listen moves every listener to another address
 */
export function watchAddress(options: {
    host: string;
    timers: Pick<Timers, "every">;
    log: Log;
    listen: (address: string) => Promise<void>;
}): { isHere(): boolean; close(): Promise<void> } {
    const { host, timers, log, listen } = options;
    let address = addressOf(host);
    let here = true;
    let looking: Promise<void> | undefined;
    if (!isHere(address)) return { isHere: () => true, close: async () => {} }; // a name, or loopback by another address

    async function look(): Promise<void> {
        const now = isIP(host) === 0 ? addressOf(host) : host;
        if (!isHere(now)) {
            if (here)
                log.error(
                    { address },
                    "the address is gone from this machine: nobody reaches the gateway there until it is back",
                );
            here = false;
            return;
        }
        if (now !== address) await listen(now);
        if (now !== address || !here) log.warn({ address: now }, "the gateway listens where it can be reached again");
        address = now;
        here = true;
    }

    const stop = timers.every(LOOK_EVERY_MS, () => {
        looking ??= look()
            .catch((error: unknown) => {
                here = false;
                log.error({ error }, "the gateway cannot listen on its new address; it is tried again");
            })
            .finally(() => (looking = undefined));
    });
    return {
        isHere: () => here,
        async close() {
            stop();
            await looking;
        },
    };
}
