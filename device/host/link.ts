import { networkInterfaces } from "node:os";
import type { HostDevice } from "./start.ts";

/** How often the machine's interface is looked at: Node has no event for it. */
const LOOK_MS = 100;

/** The first IPv4 address of a network interface. Undefined: it is down, gone, or has none. */
export function readAddress(name: string): string | undefined {
    return networkInterfaces()[name]?.find(({ family }) => family === "IPv4")?.address;
}

/** Reports the link of a real network interface. @returns what ends the watch */
export function watchInterface(name: string, device: Pick<HostDevice, "linkUp" | "linkDown">): () => void {
    const look = (): void => {
        const address = readAddress(name);
        if (address === undefined) device.linkDown();
        else device.linkUp(address);
    };
    const timer = setInterval(look, LOOK_MS);
    look();
    return () => clearInterval(timer);
}
