import { fork } from "node:child_process";
import type { Experience } from "./honest-process.ts";
import { pause } from "../support/eventually.ts";
import { Durations, type Verdict } from "./verdict.ts";
import type { Enrolled } from "../support/gateway-client.ts";
import type { Victim } from "./victim.ts";

/** Fresh clients are so many that none of them connects all the time, and fewer in a short run. */
const DEVICES = 120;
const FEW_DEVICES = 60;
/** How long they are watched before the attack begins: what the machine itself takes. */
const CALM_MS = { short: 3_000, command: 5_000, long: 10_000 };
/** What fresh clients take at most on a machine of two processors that has nothing else to do: half of them, 95 and 99 of 100. On a slower one all limits grow. */
const QUIET_MS: [share: number, ms: number][] = [
    [0.5, 5],
    [0.95, 10],
    [0.99, 20],
];

/**
 * Honest clients in a process of their own, for the time of the work: one that stays, pings every 25 ms and gets a push every 200 ms, and
 * a fresh one every 100 ms. They come from one address that no attacker has. First they are alone for a while.
 * @param freshMs within which 99 of 100 fresh clients must be served
 */
export async function beside(
    victim: Victim,
    verdict: Verdict,
    work: () => Promise<void>,
    freshMs = 1_000,
): Promise<void> {
    const devices: Enrolled[] = await victim.registerMany(verdict.scale === "short" ? FEW_DEVICES : DEVICES);
    const { port, httpPort, token } = victim;
    const task = { port, url: `http://127.0.0.1:${httpPort}`, token, from: "127.0.0.77", devices };
    const script = new URL("honest-process.ts", import.meta.url);
    const child = fork(script, [JSON.stringify(task)], { execArgv: ["--import", "tsx"] });
    const report = (name: string) =>
        new Promise<Record<string, unknown>>((resolve, reject) => {
            const listen = (message: Record<string, unknown>) => {
                if (name in message) resolve(message);
            };
            child.on("message", listen);
            child.once("exit", () => reject(new Error("The honest clients ended.")));
        });
    try {
        await report("ready");
        await pause(CALM_MS[verdict.scale]);
        const before = report("calm");
        child.send("attack");
        measure((await before).calm as Experience, verdict);
        await work();
        const last = report("experience");
        child.send("stop");
        judge((await last).experience as Experience, freshMs, verdict);
    } finally {
        if (child.exitCode === null) child.kill("SIGKILL");
    }
}

function measure({ freshMs, pushesMs }: Experience, verdict: Verdict): void {
    const [alone, pushes] = [new Durations(), new Durations()];
    alone.add(...freshMs);
    pushes.add(...pushesMs);
    verdict.must(alone.size > 0, "fresh clients are served before the attack");
    // in a short run other test files share the cores, and may begin at any moment
    verdict.slowness = Math.max(
        verdict.scale === "short" ? 10 : 1,
        ...QUIET_MS.map(([share, ms]) => alone.at(share) / ms),
    );
    const times = verdict.slowness.toFixed(1);
    verdict.figure(
        `machine ${times} times slower than a quiet one: fresh client alone ${alone.text}, pushes ${pushes.text}`,
    );
}

function judge(experience: Experience, freshMs: number, verdict: Verdict): void {
    const { slowness } = verdict;
    const [fresh, pings, pushes] = [experience.freshMs, experience.pingsMs, experience.pushesMs].map((durations) => {
        const all = new Durations();
        all.add(...durations);
        return all;
    }) as [Durations, Durations, Durations];
    verdict.figure(`fresh client ${fresh.text}`);
    verdict.figure(`pings ${pings.text}`);
    verdict.figure(`pushes ${pushes.text}`);
    verdict.must(fresh.size > 0, "fresh clients were served at all");
    verdict.must(pings.size > 0 && pushes.size > 0, "the one that stays was served at all");
    const [failed] = experience.failed;
    verdict.must(
        failed === undefined,
        `honest clients see nothing of it: ${experience.failed.length} failed, the first: ${failed}`,
    );
    // How long is a question for a machine with nothing else to do. In a short run other test files share its cores: nobody fails, that is
    // within 10 s.
    if (verdict.scale === "short") return;
    verdict.must(fresh.at(0.99) < freshMs * slowness, `a fresh client is served within ${freshMs} ms`);
    verdict.must(fresh.at(1) < 1_000 * slowness, "no fresh client waits for a second");
    // The attacker has a processor of the same machine, and takes it for some milliseconds at a time.
    verdict.must(pings.at(0.95) < 250 * slowness, "95 of 100 pings are answered within 250 ms");
    verdict.must(pings.at(1) < 1_000 * slowness, "no ping waits for a second");
    verdict.must(pushes.at(1) < 1_000 * slowness, "a push reaches an honest device within a second");
}
