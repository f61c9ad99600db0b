const SLOW_FLUSH = new URL("../support/slow-flush.mjs", import.meta.url).href;

/** The environment of a gateway whose disk is slow: each commit takes so much longer. */
export function slowFlush(leastMs: number, mostMs: number): Record<string, string> {
    return {
        NODE_OPTIONS: `--import ${SLOW_FLUSH}`,
        SLOW_FLUSH_MIN_MS: `${leastMs}`,
        SLOW_FLUSH_MAX_MS: `${mostMs}`,
    };
}
