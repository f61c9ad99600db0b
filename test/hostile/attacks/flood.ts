import { connect as connectTcp } from "node:net";
import { connect, publish } from "../../gateway/aedes/packets.ts";
import { OVERFLOW_BURST, OVERFLOW_PER_S } from "../../../gateway/limits/throttle.ts";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack, type Scale, type Verdict } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

/** A route's backlog, as DESIGN.md has it. */
const BACKLOG = 1_000;
const LANES = 20;
/** Requests of one connection that are on their way at once. */
const PIPELINED = 25;
/** QoS 1 messages in one write of a publisher. */
const BATCH = 100;
const PUBLISHERS = 8;

interface Answers {
    accepted: number;
    limited: number;
    other: number;
}

/** Posts on one connection that stays, many at once, and counts the answers by their status. */
async function post(victim: Victim, number: string, requests: number, answers: Answers): Promise<void> {
    const body = JSON.stringify({ to: number, body: "x".repeat(100) });
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${victim.token}\r\n`;
    const request = `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = connectTcp(victim.httpPort, "127.0.0.1");
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("error", () => {});
    await new Promise<void>((resolve) => {
        let unsent = requests;
        let awaited = 0;
        let rest = "";
        const fill = () => {
            const now = Math.min(PIPELINED - awaited, unsent);
            unsent -= now;
            awaited += now;
            if (now > 0) socket.write(request.repeat(now));
            if (awaited === 0) socket.end(resolve);
        };
        socket.on("connect", fill).on("close", () => resolve());
        socket.on("data", (text: string) => {
            rest += text;
            for (const [, status] of rest.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
                awaited--;
                if (status === "202") answers.accepted++;
                else if (status === "429") answers.limited++;
                else answers.other++;
            }
            rest = rest.slice(Math.max(rest.lastIndexOf("HTTP/1.1 ") + 13, rest.length - 12));
            if (awaited <= PIPELINED / 2) fill();
        });
    });
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const messages = byScale(scale, 6_000, 100_000, 1_000_000);
    await underAttack(async (victim) => {
        const [other] = await victim.registerMany(1);
        const warm = Math.min(messages / 2, 20_000) / LANES;
        await inLanes(LANES, () => post(victim, other!.number, warm, { accepted: 0, limited: 0, other: 0 }));
        await withinMemory(victim, verdict, () =>
            beside(victim, verdict, async () => {
                const [device] = await victim.registerMany(1);
                const answers: Answers = { accepted: 0, limited: 0, other: 0 };
                const startMs = performance.now();
                await inLanes(LANES, () => post(victim, device!.number, messages / LANES, answers));
                const seconds = (performance.now() - startMs) / 1000;
                const { accepted, limited, other } = answers;
                verdict.figure(`${count(messages)} by HTTP to an offline number, ${count(messages / seconds)}/s`);
                verdict.figure(`${count(accepted)} accepted, ${count(limited)} answered 429, ${other} else`);
                // One that was on its way when the first was pushed out may pass as well.
                const most = BACKLOG + OVERFLOW_BURST + OVERFLOW_PER_S * seconds + LANES * PIPELINED;
                verdict.must(accepted + limited === messages, "every message is answered 202 or 429");
                verdict.must(accepted <= most, `no more than ${count(most)} are taken`);
                verdict.must(limited > 0, "the sender is refused with 429");
                verdict.must((await victim.waiting(device!.number)) <= BACKLOG, "the backlog is bounded");
            }),
        );
    });
}

/** A flood of messages to a number whose board is away, over HTTP. */
export const flood: Attack = { name: "flood", run };

/** Offers messages in batches, on one connection after the other: each is closed when the gateway has had enough. */
async function offer(victim: Victim, number: string, messages: number) {
    const topic = `to/${number.slice(1)}`;
    const batch = Buffer.concat(
        Array.from({ length: BATCH }, (_, index) => publish(index + 1, topic, "x".repeat(100))),
    );
    const tally = { offered: 0, acknowledged: 0, closed: 0 };
    await inLanes(PUBLISHERS, async (lane) => {
        for (let round = 0; tally.offered < messages; round++) {
            const client = new WireClient(victim.port, addressOf(lane));
            let acknowledged = 0;
            client.write(connect(`flood-${number}-${lane}-${round}`, "token", victim.token));
            await client.next(); // what comes in front of CONNACK is cut off at 2,048 octets
            client.onPacket = (packet) => (acknowledged += packet[0] === 0x40 ? 1 : 0);
            tally.offered += BATCH;
            client.write(batch);
            while (acknowledged < BATCH && !(await client.ended(20)));
            tally.acknowledged += acknowledged;
            if (client.closed) tally.closed++;
            client.destroy();
        }
    });
    return tally;
}

/** The same from a publisher by MQTT: it gets PUBACKs for what is stored, then its connection is closed, again and again. */
export const floodMqtt: Attack = {
    name: "flood-mqtt",
    run: (scale, verdict) =>
        underAttack(async (victim) => {
            const messages = byScale(scale, 40_000, 400_000, 1_000_000);
            const [other, device] = await victim.registerMany(2);
            await offer(victim, other!.number, Math.min(messages / 4, 100_000)); // warm: what is counted is what more of the same takes
            await withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const startMs = performance.now();
                    const { offered, acknowledged, closed } = await offer(victim, device!.number, messages);
                    const seconds = (performance.now() - startMs) / 1000;
                    verdict.figure(`${count(offered)} by MQTT to an offline number, ${count(offered / seconds)}/s`);
                    verdict.figure(`${count(acknowledged)} acknowledged, ${count(closed)} connections closed`);
                    const most = BACKLOG + OVERFLOW_BURST + OVERFLOW_PER_S * seconds + PUBLISHERS * BATCH;
                    verdict.must(acknowledged <= most, `no more than ${count(most)} are taken`);
                    verdict.must(closed > 0, "who floods is closed");
                }),
            );
        }),
};
