import { connect, publish, subscribe } from "../../gateway/aedes/packets.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack, type Verdict } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { WireClient } from "../wire-client.ts";

/** Octets of log that one kind of repeat may cost: bursts of a few kinds of lines. */
const MAX_LOG_OCTETS = 120_000;

/** Measures what the work adds to the log. */
async function quietly(victim: Victim, verdict: Verdict, what: string, work: () => Promise<string>): Promise<void> {
    const before = (await victim.measure()).logOctets;
    const done = await work();
    const octets = (await victim.measure()).logOctets - before;
    verdict.figure(`${done}: ${count(octets)} octets of log`);
    verdict.must(octets < MAX_LOG_OCTETS, `${what} are counted, not written`);
}

/** A board, a token and a publisher repeat what is refused, as fast as they go: all of it would be written to the log. */
export const chatter: Attack = {
    name: "chatter",
    run: (scale, verdict) =>
        underAttack(async (victim) => {
            const { number, route, secret } = (await victim.registerMany(1))[0]!;
            const token = await victim.makeToken("sender", number);
            const times = byScale(scale, 1_500, 5_000, 50_000);
            await quietly(victim, verdict, "404s", async () => {
                await inLanes(20, async () => {
                    for (let index = 0; index < times / 20; index++)
                        await victim.ask("GET", "/v1/messages/x", { token });
                });
                return `${count(times)} times 404`;
            });
            for (const [topic, payload] of [
                ["reg", "garbled"],
                ["reg", '{"r":"host"}'],
                ["read", '{"n":1}'],
                ["nack", '{"n":0}'],
            ] as const) {
                await quietly(victim, verdict, `a board's ${topic}s`, async () => {
                    const board = new WireClient(victim.port);
                    board.write(Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]));
                    await board.next();
                    let acknowledged = 0;
                    board.onPacket = (packet) => void (acknowledged += packet[0] === 0x40 ? 1 : 0);
                    const untilMs = performance.now() + 4_000;
                    for (let id = 1; id <= times; id++) board.write(publish(id, `out/${route}/${topic}`, payload));
                    while (acknowledged < times && performance.now() < untilMs && !(await board.ended(100)));
                    board.destroy();
                    verdict.must(
                        acknowledged <= 1_200 * verdict.slowness,
                        `a board's ${topic}s have a pace: ${acknowledged}`,
                    );
                    return `${count(acknowledged)} of ${count(times)} ${topic}s of ${payload} acknowledged in 4 s`;
                });
            }
            await quietly(victim, verdict, "refused messages of a publisher", async () => {
                for (let index = 0; index < times / 2; index++) {
                    const client = new WireClient(victim.port);
                    client.write(Buffer.concat([connect(`p${index}`, "u", token), publish(1, "to/34999", "x")]));
                    await client.ended();
                    client.destroy();
                }
                return `${count(times / 2)} connects of a publisher`;
            });
        }),
};
