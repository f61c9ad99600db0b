import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect } from "../../gateway/aedes/packets.ts";
import { inLanes } from "../../support/lanes.ts";
import { count, type Attack } from "../verdict.ts";
import { underAttack } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

/** What the gateway takes by MQTT here, and what it always takes by HTTP. */
const CONNECTIONS = 200;
const HTTP_CONNECTIONS = 3_000;

/** One token for one number opens as many connections as the gateway takes, by MQTT and by HTTP, and keeps them. */
export const hoard: Attack = {
    name: "hoard",
    run: (_scale, verdict) =>
        underAttack(
            async (victim) => {
                const { number, route, secret } = (await victim.registerMany(1))[0]!;
                const token = await victim.makeToken("sender", number);
                const connack = async (octets: Buffer) => {
                    const client = new WireClient(victim.port);
                    client.write(octets);
                    return { client, code: (await client.next())?.[3] };
                };
                let held = 0;
                const clients: WireClient[] = [];
                for (let index = 0; index < 1.5 * CONNECTIONS; index++) {
                    const { client, code } = await connack(connect(`hoard${index}`, "u", token));
                    clients.push(client);
                    if (code === 0) held++;
                }
                const board = await connack(connect(route, route, secret));
                const publisher = await connack(connect("other", "u", victim.token));
                verdict.figure(`a token holds ${held} of ${CONNECTIONS} MQTT connections`);
                verdict.must(board.code === 0, "a board connects");
                verdict.must(publisher.code === 0, "another token's publisher connects");

                const request = `GET /v1/messages/none HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
                const sockets: Socket[] = [];
                await inLanes(50, async (lane) => {
                    for (let index = lane; index < HTTP_CONNECTIONS + 50; index += 50) {
                        const localAddress = addressOf(lane);
                        const socket = connectTcp({ port: victim.httpPort, host: "127.0.0.1", localAddress });
                        sockets.push(socket);
                        socket.on("error", () => {}).write(request);
                        await Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => undefined);
                    }
                });
                const answered = await victim.ask("POST", "/v1/messages", { body: { to: number, body: "x" } }).then(
                    ({ status }) => status,
                    () => undefined,
                );
                const open = sockets.filter((socket) => !socket.destroyed).length;
                verdict.figure(`and ${count(open)} of ${count(HTTP_CONNECTIONS)} HTTP connections`);
                verdict.must(answered === 202, "another token's message is accepted");
                for (const one of [...sockets, ...clients, board.client, publisher.client]) one.destroy();
            },
            { connections: `${CONNECTIONS}` },
        ),
};
