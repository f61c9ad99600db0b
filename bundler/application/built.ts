/** A firmware that an application is built for. */
export type BoardName = "espruino" | "nodemcu";

/** What a board runs, in octets; and its source map, where it was compiled. */
export interface Built {
    program: Buffer;
    map?: string;
}
