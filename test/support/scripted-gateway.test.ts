import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ScriptedGateway } from "./scripted-gateway.ts";
import type { Peer } from "./scripted-gateway.ts";

const TIMEOUT_MS = 10_000;

async function meet(t: TestContext): Promise<{ gateway: ScriptedGateway; peer: Peer; client: Socket }> {
    const gateway = await ScriptedGateway.listen();
    const client = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    t.after(() => client.destroy());
    await once(client, "connect");
    return { gateway, peer: await gateway.accept(), client };
}

const ENDS: [name: string, end: (peer: Peer) => void, error: string | undefined][] = [
    ["reset: RST, and no FIN", (peer) => peer.reset(), "ECONNRESET"],
    ["a reset right behind a FIN", (peer) => (peer.end(), peer.reset()), undefined],
    ["two resets, and the end of it all", (peer) => (peer.reset(), peer.reset(), peer.destroy()), "ECONNRESET"],
    [
        "a FIN behind what the client does not read, and a reset",
        (peer) => (peer.send(Buffer.alloc(20_000_000)), peer.end(), peer.reset()),
        undefined,
    ],
];
for (const [name, end, code] of ENDS) {
    test(`scripted gateway: ${name}: nothing is left open`, { timeout: TIMEOUT_MS }, async (t) => {
        const { gateway, peer, client } = await meet(t);
        let error: string | undefined;
        client.on("error", (was: NodeJS.ErrnoException) => (error = was.code));
        if (name.includes("not read")) client.pause();
        else client.resume();
        const closed = once(client, "close");
        end(peer);
        if (code !== undefined) {
            await closed.catch(() => undefined);
            assert.equal(error, code);
        }
        await gateway.close();
        await peer.closed;
    });
}
