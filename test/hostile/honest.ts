import { fork } from "node:child_process";
import { Durations, type Verdict } from "./verdict.ts";
import type { Registered, Victim } from "./victim.ts";

/** What honest clients lived through. A push or a ping without an answer counts as long as it waited. */
export interface Experience {
    pingsMs: number[];
    /** from the SYN to CONNACK and SUBACK of a client that was not connected */
    freshMs: number[];
    /** from the HTTP request to the PUBLISH */
    pushesMs: number[];
    failed: string[];
}

/** Fresh clients are so many that none of them connects all the time, and fewer in a short run. */
const DEVICES = 120;
const FEW_DEVICES = 40;

/**
 * Honest clients in a process of their own, for the time of the work: one that stays, pings every 25 ms and gets a push every 200 ms, and
 * a fresh one every 100 ms. They come from one address that no attacker has.
 */
export async function beside(victim: Victim, verdict: Verdict, work: () => Promise<void>): Promise<void> {
    const devices: Registered[] = await victim.register(verdict.scale === "short" ? FEW_DEVICES : DEVICES);
    const { port, httpPort, token } = victim;
    const task = { port, url: `http://127.0.0.1:${httpPort}`, token, from: "127.0.0.77", devices };
    const child = fork(new URL("honest-process.ts", import.meta.url), [JSON.stringify(task)]);
    const said = (name: string) =>
        new Promise<Record<string, unknown>>((resolve, reject) => {
            const listen = (message: Record<string, unknown>) => {
                if (name in message) resolve(message);
            };
            child.on("message", listen);
            child.once("exit", () => reject(new Error("The honest clients ended.")));
        });
    try {
        await said("ready");
        await work();
        const last = said("experience");
        child.send("stop");
        judge((await last).experience as Experience, verdict);
    } finally {
        if (child.exitCode === null) child.kill("SIGKILL");
    }
}

/** Where tests share the machine with each other, times may be so much longer, and one in ten does not count. */
const SHARED = 4;

/** A second is for the slowest of all. */
function judge(experience: Experience, verdict: Verdict): void {
    const [fresh, pings, pushes] = [experience.freshMs, experience.pingsMs, experience.pushesMs].map((durations) => {
        const all = new Durations();
        all.add(...durations);
        return all;
    }) as [Durations, Durations, Durations];
    verdict.figure(`fresh client ${fresh.text}`);
    verdict.figure(`pings ${pings.text}`);
    verdict.figure(`pushes ${pushes.text}`);
    verdict.must(fresh.size > 0 && pings.size > 0 && pushes.size > 0, "honest clients were served at all");
    const [slowest, slack] = verdict.scale === "short" ? [0.9, SHARED] : [1, 1];
    verdict.must(fresh.at(slowest) < 1_000 * slack, "no fresh client waits for a second");
    verdict.must(pings.at(0.5) < 50 * slack, "pings are answered within 50 ms");
    verdict.must(pushes.at(slowest) < 1_000 * slack, "a push reaches an honest device within a second");
    const [failed] = experience.failed;
    verdict.must(
        failed === undefined,
        `honest clients see nothing of it: ${experience.failed.length} failed, the first: ${failed}`,
    );
}
