import { connect as connectTcp } from "node:net";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf } from "../wire-client.ts";

const SOCKETS = 5;
const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const BATCH = 3_000;

/** Writes requests as fast as the socket takes them, without waiting for any answer. @returns how many were answered */
async function pipe(victim: Victim, lane: number, requests: number): Promise<number> {
    const socket = connectTcp({ port: victim.httpPort, host: "127.0.0.1", localAddress: addressOf(lane) });
    let answered = 0;
    let rest = "";
    const finished = new Promise<void>((resolve) => {
        socket.on("error", () => {}).on("close", resolve);
        socket.setEncoding("latin1").on("data", (text: string) => {
            const parts = (rest + text).split("HTTP/1.1 ");
            answered += parts.length - 1;
            rest = parts.at(-1)!.slice(-8);
            if (answered === requests) socket.destroy();
        });
    });
    for (let sent = 0; sent < requests && !socket.destroyed; sent += BATCH) {
        if (!socket.write(REQUEST.repeat(Math.min(BATCH, requests - sent))))
            await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), finished]);
    }
    await finished;
    return answered;
}

/** Strangers who send requests in one connection without waiting for the answers. */
export const pipeline: Attack = {
    name: "pipeline",
    run: (scale, verdict) =>
        underAttack(async (victim) => {
            const requests = byScale(scale, 50_000, 1_000_000, 3_000_000);
            await inLanes(SOCKETS, async (lane) => void (await pipe(victim, lane, requests / 50))); // warm
            await withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const startMs = performance.now();
                    let answered = 0;
                    await inLanes(SOCKETS, async (lane) => {
                        const own = await pipe(victim, lane, requests / SOCKETS);
                        answered += own;
                    });
                    const seconds = (performance.now() - startMs) / 1000;
                    verdict.figure(
                        `${count(requests)} pipelined requests on ${SOCKETS} connections, ${count(requests / seconds)}/s`,
                    );
                    verdict.must(answered === requests, `each is answered: ${count(answered)} are`);
                }),
            );
        }),
};
