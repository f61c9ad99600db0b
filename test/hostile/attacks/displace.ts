import { connect, subscribe } from "../../gateway/aedes/packets.ts";
import { forEachInLanes } from "../../support/lanes.ts";
import type { Attack } from "../verdict.ts";
import { underAttack } from "../victim.ts";
import { WireClient } from "../wire-client.ts";

const HONEST = 50;
/** Urgent messages of 900 octets: more than a backlog of 256 KiB holds. */
const URGENT = 400;

/** Permitted senders flood an offline number, and guess collapse keys, to push out what others have waiting there. */
export const displace: Attack = {
    name: "displace",
    run: (_scale, verdict) =>
        underAttack(async (victim) => {
            const { number, route, secret } = (await victim.registerMany(1))[0]!;
            const { id: alarm } = await victim.send(number, "alarm", { collapseKey: "alarm" });
            const honest = await Promise.all(
                Array.from({ length: HONEST }, (_, index) => victim.send(number, `honest ${index}`)),
            );
            const token = await victim.makeToken("sender", number);
            const post = (body: object) => victim.ask("POST", "/v1/messages", { token, body: { to: number, ...body } });
            await post({ body: "gone", collapseKey: "alarm" });
            const attempts = Array.from({ length: URGENT }, () => ({ body: "x".repeat(900), urgency: "high" }));
            await forEachInLanes(attempts, 10, async (body) => void (await post(body)));

            const states = await Promise.all([alarm, ...honest.map(({ id }) => id)].map((id) => victim.receipt(id)));
            const waiting = states.filter(({ state }) => state === "accepted").length;
            verdict.figure(
                `${URGENT} urgent messages and a guessed collapse key: ${waiting} of ${HONEST + 1} still wait`,
            );
            verdict.must(waiting === HONEST + 1, "what others have waiting stays");
            const board = new WireClient(victim.port);
            board.write(Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]));
            let pushed = "";
            while (!pushed.includes('"alarm"')) {
                const packet = await board.next(5_000);
                if (packet === undefined) break;
                pushed += packet.toString("latin1");
            }
            verdict.must(pushed.includes('"alarm"'), "and is pushed first");
            board.destroy();
        }),
};
