import type { Verdict } from "./verdict.ts";
import type { Victim } from "./victim.ts";

/** What an attack may leave behind in memory, in megabytes. */
const MAX_GROWTH_MB = 20;

/**
 * Measures the gateway's memory before and after the work, both times after garbage collection, and that it is alive and has no
 * rejection that nobody handled.
 */
export async function withinMemory(
    victim: Victim,
    verdict: Verdict,
    work: () => Promise<void>,
    maxMb = MAX_GROWTH_MB,
): Promise<void> {
    const before = await victim.measure();
    await work();
    verdict.must(victim.crashed === undefined, `the gateway stands: it ${victim.crashed}`);
    const after = await victim.measure();
    const grown = after.rssMb - before.rssMb;
    const signed = (mb: number) => (mb >= 0 ? "+" : "") + mb.toFixed(1);
    const heap = signed(after.heapMb - before.heapMb);
    verdict.figure(
        `memory ${before.rssMb.toFixed(0)} ${signed(grown)} MB (heap ${heap}, peak ${after.peakMb.toFixed(0)})`,
    );
    verdict.must(!(grown > maxMb), `memory grows by ${maxMb} MB at most`);
    verdict.must(after.unhandled === 0, `no rejection is unhandled: ${after.unhandled}, ${after.worst}`);
    verdict.must(after.errors === 0, `no error in the log: ${after.errors}, ${after.worst}`);
}
