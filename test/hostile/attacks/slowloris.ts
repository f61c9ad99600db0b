import { connect as connectTcp } from "node:net";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { pause } from "../../support/eventually.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, Durations, type Attack } from "../verdict.ts";
import { underAttack } from "../victim.ts";
import { addressOf } from "../wire-client.ts";

/** A request has 10 s, which are looked at once a second; and a second for everything else. */
const CUT_MS = 11_000;
const REQUEST = "GET /v1/status HTTP/1.1\r\nHost: toque\r\nX-Filling: ";

/** HTTP requests that never end: each connection sends an octet a second, and comes again when it was cut. */
export const slowloris: Attack = {
    name: "slowloris",
    run: (scale, verdict) =>
        underAttack((victim) =>
            withinMemory(victim, verdict, () =>
                beside(victim, verdict, async () => {
                    const livedMs = new Durations();
                    const untilMs = performance.now() + byScale(scale, 4_000, 30_000, 60_000);
                    let opened = 0;
                    await inLanes(byScale(scale, 1_200, 2_500, 2_500), async (lane) => {
                        await pause(lane % 1_000);
                        while (performance.now() < untilMs) {
                            const startMs = performance.now();
                            const socket = connectTcp({
                                port: victim.httpPort,
                                host: "127.0.0.1",
                                localAddress: addressOf(lane % 5),
                            });
                            socket.on("error", () => {});
                            socket.resume();
                            opened++;
                            socket.write(REQUEST);
                            const timer = setInterval(() => socket.write("x"), 1_000);
                            await new Promise((closed) => socket.once("close", closed));
                            clearInterval(timer);
                            livedMs.add(performance.now() - startMs);
                            await pause(250);
                        }
                    });
                    verdict.figure(`${count(opened)} requests without end are cut after ${livedMs.text}`);
                    verdict.must(
                        livedMs.at(1) < CUT_MS + 1_000 * verdict.slowness,
                        "a request without end is gone within 12 s",
                    );
                }),
            ),
        ),
};
