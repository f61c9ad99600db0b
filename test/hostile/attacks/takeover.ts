import { connect, PINGREQ, subscribe } from "../../gateway/aedes/packets.ts";
import { eventually } from "../../support/eventually.ts";
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
            const open = () => [...clients, holder].filter((client) => !client.closed);
            const kinds = ({ packets }: WireClient) => packets.map((packet) => packet[0]! >> 4);
            await eventually("one is left, subscribed", () => open().length === 1 && kinds(open()[0]!).includes(9));
            await victim.send(number, "for the one");
            await eventually("its push", () => clients.some((client) => kinds(client).includes(3)));
            const left = open();
            for (const client of left) client.write(PINGREQ);
            await eventually("its answer", () => left.every((client) => kinds(client).includes(13)));
            const pushed = clients.filter((client) => kinds(client).includes(3)).length;
            verdict.figure(`${CONNECTS} with the right one at once: ${left.length} is left, ${pushed} gets the push`);
            verdict.must(left.length === 1, "200 simultaneous connects leave one");
            verdict.must(pushed === 1, "and that one gets its push");
            for (const client of clients) client.destroy();
        }),
};
