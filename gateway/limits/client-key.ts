/** An address as people write it: a listener on "::" gives an IPv4 address as ::ffff:192.0.2.1. */
export function plainAddress(address: string): string {
    return address.startsWith("::ffff:") ? address.slice(7) : address;
}

/**
 * The key that per-client limits use: an IPv4 address itself, the /64 of an IPv6 address. One house gets a whole /64, and may use
 * another address of it for each connection.
 */
export function clientKey(given: string): string {
    const address = plainAddress(given);
    if (!address.includes(":")) return address;
    const [head = "", tail] = address.split("%")[0]!.split("::");
    const groups = head === "" ? [] : head.split(":");
    if (tail !== undefined) {
        const behind = tail === "" ? 0 : tail.split(":").length;
        while (groups.length + behind < 8) groups.push("0");
    }
    return groups.slice(0, 4).join(":");
}

/** Whether a URL's host is this machine: nobody else hears what is sent to it. A name that only begins like such an address is not. */
export function isLoopback(hostname: string): boolean {
    return hostname === "localhost" || hostname === "[::1]" || /^127(\.[0-9]+){3}$/.test(hostname);
}
