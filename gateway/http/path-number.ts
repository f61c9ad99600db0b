import { type E164, parseE164 } from "../number.ts";

/**
 * Parses the number in a path. "+" may be raw or %2B (the router decodes it), and may be missing from a whole
 * international number, because it is easily lost in a URL.
 * @throws GatewayError("invalid_number")
 */
export function parsePathNumber(typed: string, country: string | undefined): E164 {
    const bare = country === undefined && /^[1-9][0-9]{1,14}$/.test(typed);
    return parseE164(bare ? `+${typed}` : typed, country);
}
