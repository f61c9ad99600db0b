import { connect } from "../../gateway/aedes/packets.ts";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { pause } from "../../support/eventually.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, Durations, type Attack, type Scale, type Verdict } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

/** CONNECT within 5 s, and a second for everything else: longer only where the machine itself takes longer. */
const CONNECT_MS = 5_000;
const goneMs = ({ slowness }: Verdict) => CONNECT_MS + 1_000 * slowness;

/** Opens connections and sends nothing. @param from the address of each */
async function holdSilent(
    victim: Victim,
    verdict: Verdict,
    connections: number,
    from: (index: number) => string,
    name: string,
): Promise<void> {
    const livedMs = new Durations();
    const open = new Set<WireClient>();
    let next = 0;
    let opened = 0;
    await inLanes(100, async () => {
        while (next < connections) {
            const client = new WireClient(victim.port, from(next++));
            if (!(await client.connected())) continue;
            opened++;
            const sinceMs = performance.now();
            open.add(client);
            client.socket.on("close", () => {
                livedMs.add(performance.now() - sinceMs);
                open.delete(client);
            });
        }
    });
    const untilMs = performance.now() + 2 * goneMs(verdict);
    while (open.size > 0 && performance.now() < untilMs) await pause(50);
    verdict.figure(`${count(opened)} silent ones from ${name} are gone after ${livedMs.text}`);
    verdict.must(opened > connections * 0.99, "the attack took place");
    verdict.must(open.size === 0 && livedMs.at(1) < goneMs(verdict), "silent connections are gone within 6 s");
    for (const client of open) client.destroy();
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const connections = byScale(scale, 1_000, 5_000, 5_000);
    await underAttack((victim) =>
        withinMemory(victim, verdict, () =>
            beside(victim, verdict, async () => {
                await holdSilent(victim, verdict, connections, addressOf, "as many addresses");
                if (scale !== "short") await holdSilent(victim, verdict, connections, () => "127.9.9.9", "one address");
            }),
        ),
    );
}

/** Connections that say nothing: each has 5 s for its CONNECT, and the oldest gives way when there are too many. */
export const silent: Attack = { name: "silent", run };

/** CONNECT that comes one octet a second never comes in time. */
export const slow: Attack = {
    name: "slow",
    run: (scale, verdict) =>
        underAttack((victim) =>
            withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const [device] = await victim.registerMany(1);
                    const octets = connect(device!.route, device!.route, device!.secret);
                    const livedMs = new Durations();
                    let served = 0;
                    await inLanes(byScale(scale, 200, 1_000, 1_000), async (lane) => {
                        const client = new WireClient(victim.port, addressOf(lane % 50));
                        const startMs = performance.now();
                        let at = 0;
                        const timer = setInterval(() => client.write(octets.subarray(at, ++at)), 1_000);
                        await client.ended(2 * goneMs(verdict));
                        clearInterval(timer);
                        livedMs.add(performance.now() - startMs);
                        served += client.packets.length;
                        client.destroy();
                    });
                    verdict.figure(`CONNECT of one octet a second is cut after ${livedMs.text}`);
                    verdict.must(served === 0, "who sends no whole CONNECT gets no answer");
                    verdict.must(livedMs.at(1) < goneMs(verdict), "who is so slow is gone within 6 s");
                }),
            ),
        ),
};
