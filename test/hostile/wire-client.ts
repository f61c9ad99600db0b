export { WireClient } from "../support/raw-client.ts";

/** Addresses to come from: 127.1.0.1 and up, as many as wanted. */
export function addressOf(index: number): string {
    return `127.${1 + (Math.floor(index / 62_500) % 100)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}
