import { type E164, parseE164 } from "../number.ts";

/**
 * Reads the number of a path: "+" may be written raw or as %2B (the router has decoded it), and may be missing from a
 * whole international number, because in an address it is easily lost.
 * @throws GatewayError("invalid_number")
 */
export function parsePathNumber(typed: string, country: string | undefined): E164 {
    const bare = country === undefined && /^[1-9][0-9]{1,14}$/.test(typed);
    return parseE164(bare ? `+${typed}` : typed, country);
}
