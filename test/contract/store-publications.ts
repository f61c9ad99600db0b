import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publication } from "../../gateway/message.ts";
import type { NewMessage } from "../../gateway/ports/backlog.ts";
import { messageOf, registrationOf, routeOf, START_MS } from "../support/records.ts";
import type { Scene } from "./store.ts";

const HOUR_MS = 3_600_000;

export function testPublications(scene: Scene): void {
    let publishers = 0;

    /** A publisher that nobody was before, on its first connection. It says which of its messages were new. */
    async function publisher() {
        const name = `publisher ${++publishers}`;
        if ((await scene.store.registrations.byRoute(routeOf(1))) === undefined)
            await scene.store.registrations.register(registrationOf(1));
        await scene.store.publications.came(name);
        return {
            name,
            says: async (
                packetId: number,
                body: string,
                sign: Partial<Publication> = {},
                given: Partial<NewMessage> = {},
            ) => {
                const publication = { publisher: name, packetId, content: body, again: false, ...sign };
                const appended = await scene.store.backlog.append(messageOf(1, { body, publication, ...given }));
                assert.ok(appended !== undefined);
                return appended.repeated ? "repeated" : "new";
            },
            comes: () => scene.store.publications.came(name),
        };
    }
    const again = { again: true };

    test("publication: said again on the next connection it is the first one, told by its id and its state", async () => {
        const { name, says, comes } = await publisher();
        const publication = { publisher: name, packetId: 7, content: "c", again: false };
        const first = await scene.store.backlog.append(messageOf(1, { publication }));
        await comes();
        const second = await scene.store.backlog.append(messageOf(1, { publication: { ...publication, ...again } }));
        assert.deepEqual([second?.repeated, second?.message.id], [true, first?.message.id]);
        assert.equal(second !== undefined && "publication" in second.message, false);
        assert.deepEqual(await scene.store.backlog.size(routeOf(1)), { messages: 1, octets: 100 });
        assert.equal(await says(7, "c"), "new", "without DUP it is a new one, whatever it looks like");
        assert.equal(await says(7, "c", again), "repeated", "and that one is known by now");
    });

    test("publication: of another publisher, packet id or content it is another message", async () => {
        const { name, says, comes } = await publisher();
        const other = await publisher();
        await says(7, "ring");
        await comes();
        assert.equal(await other.says(7, "ring", again), "new");
        assert.equal(await says(8, "ring", again), "new");
        assert.equal(await says(7, "rang", again), "new");
        assert.equal(await says(7, "ring", again), "new", "the packet id was used for another one meanwhile");
        assert.equal(await says(7, "ring", { again: true, publisher: `${name} ` }), "new");
    });

    test("publication: on the connection after the next one it is a new message", async () => {
        const { says, comes } = await publisher();
        await says(1, "ring");
        await comes();
        await comes();
        assert.equal(await says(1, "ring", again), "new");
    });

    test("publication: a repetition may be repeated, as often as its PUBACK is lost", async () => {
        const { says, comes } = await publisher();
        await says(1, "ring");
        for (let round = 0; round < 5; round++) {
            await comes();
            assert.equal(await says(1, "ring", again), "repeated");
        }
        assert.equal(await says(1, "ring", again), "repeated", "on the same connection, too");
    });

    test("publication: what its publisher has the PUBACK of it cannot say again", async () => {
        const { name, says, comes } = await publisher();
        await says(1, "early");
        await says(2, "late", {}, { acceptedMs: START_MS + 1_000 });
        await scene.store.publications.knows(name, START_MS + 1_000);
        await comes();
        assert.equal(await says(1, "early", again), "new");
        assert.equal(await says(2, "late", again), "repeated");
    });

    test("publication: after an hour it is a new message, swept or not", async () => {
        const { says, comes } = await publisher();
        await says(1, "ring");
        await says(2, "rang");
        await comes();
        const at = (ms: number) => ({ acceptedMs: START_MS + ms, expiresMs: START_MS + ms + HOUR_MS });
        assert.equal(await says(1, "ring", again, at(HOUR_MS - 1)), "repeated");
        assert.equal(await says(2, "rang", again, at(HOUR_MS)), "new");
        await scene.store.backlog.expire(START_MS + 2 * HOUR_MS - 1, 1_000);
        assert.equal(await says(1, "ring", again, at(0)), "new");
    });

    test("publication: one that was never stored is new, whether no route, or a backlog of more urgent ones, refused it", async () => {
        const { says, comes, name } = await publisher();
        const publication = { publisher: name, packetId: 1, content: "ring", again: false };
        assert.equal(await scene.store.backlog.append(messageOf(2, { publication })), undefined);
        await comes();
        assert.equal(await says(1, "ring", again), "new");
        await Promise.all(
            Array.from({ length: 1_000 }, () => scene.store.backlog.append(messageOf(1, { urgency: "high" }))),
        );
        const low = await scene.store.backlog.append(
            messageOf(1, { urgency: "low", publication: { ...publication, packetId: 2 } }),
        );
        assert.equal(low?.message.state, "dropped");
        assert.equal(await says(2, "ring", again, { urgency: "high" }), "new");
    });

    test("publication: the first and its repetition at the same moment are one", async () => {
        const { says } = await publisher();
        assert.deepEqual(await Promise.all([says(1, "ring"), says(1, "ring", again)]), ["new", "repeated"]);
    });

    test("publication: it is known over a restart, and so is what its publisher has the PUBACK of", async () => {
        const { name, says, comes } = await publisher();
        await says(1, "early");
        await says(2, "late", {}, { acceptedMs: START_MS + 1 });
        await scene.store.publications.knows(name, START_MS + 1);
        await scene.reopen();
        await comes();
        assert.equal(await says(1, "early", again), "new");
        assert.equal(await says(2, "late", again), "repeated");
    });
}
