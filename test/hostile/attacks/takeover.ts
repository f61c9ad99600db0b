import { connect, PINGREQ, subscribe } from "../../gateway/aedes/packets.ts";
import { pause } from "../../support/eventually.ts";
import { inLanes } from "../../support/lanes.ts";
import { type Attack } from "../verdict.ts";
import { underAttack } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

const CONNECTS = 200;

/** One route connects 200 times at the same moment: one connection is left, and it is the one that gets the push. */
export const takeover: Attack = {
    name: "takeover",
    run: (_scale, verdict) =>
        underAttack(async (victim) => {
            const [device] = await victim.registerMany(1);
            const { number, route, secret } = device!;
            const strangers: WireClient[] = [];
            const holder = new WireClient(victim.port);
            holder.write(connect(route, route, secret));
            await holder.next();
            await inLanes(CONNECTS, async (lane) => {
                const client = new WireClient(victim.port, addressOf(lane));
                strangers.push(client);
                client.write(connect(route, route, "a".repeat(22)));
                await client.ended();
            });
            verdict.must(!holder.closed, "who does not know the secret takes nothing over");
            verdict.figure(`${strangers.length} with a wrong secret: the connection stays`);

            const clients = Array.from({ length: CONNECTS }, (_, lane) => new WireClient(victim.port, addressOf(lane)));
            for (const client of clients) {
                client.write(Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]));
            }
            await pause(1_500);
            const left = [...clients, holder].filter((client) => !client.closed);
            for (const client of left) client.packets.length = 0;
            await victim.send(number, "for the one");
            await pause(500);
            const pushed = clients.filter(({ packets }) => packets.some((packet) => packet[0]! >> 4 === 3)).length;
            for (const client of left) client.write(PINGREQ);
            await pause(200);
            verdict.figure(`${CONNECTS} with the right one at once: ${left.length} is left, ${pushed} gets the push`);
            verdict.must(left.length === 1, "200 simultaneous connects leave one");
            verdict.must(pushed === 1, "and that one gets its push");
            for (const client of clients) client.destroy();
        }),
};
