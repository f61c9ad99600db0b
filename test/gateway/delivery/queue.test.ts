import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../gateway/error.ts";
import type { Draft } from "../../../gateway/message.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { encodePush } from "../../../gateway/delivery/push.ts";
import { createQueue, type Queue } from "../../../gateway/delivery/queue.ts";
import { recipientOf, type Registration } from "../../../gateway/registration.ts";
import { fieldsOf, numberOf, registrationOf, routeOf, START_MS } from "../../support/records.ts";
import { handClock, withStore } from "../../support/store-for-tests.ts";

const TO = numberOf(1);
const CAPABILITIES = { runtime: "host", firmware: "0", packetOctets: 2_048, window: 1 };

interface Scene {
    queue: Queue;
    store: Store;
    registration: Registration;
    append: (given?: Partial<Draft>) => ReturnType<Queue["append"]>;
}

function scenario(name: string, play: (scene: Scene) => Promise<void>): void {
    test(`queue: ${name}`, () =>
        withStore(async (store) => {
            const queue = createQueue({ store, clock: handClock() });
            const { registration } = await store.registrations.register(registrationOf(1));
            const append = (given: Partial<Draft> = {}) =>
                queue.append(recipientOf(registration), { to: TO, body: "hi", ...given }, "t1");
            await play({ queue, store, registration, append });
        }));
}

function isRefused(code: string, sentence: RegExp): (error: unknown) => boolean {
    return (error) => error instanceof GatewayError && error.code === code && sentence.test(error.message);
}

scenario("a message gets an id, a sequence, and a day to live", async ({ store, append }) => {
    const { message } = await append();
    assert.match(message.id, /^[\w-]{22}$/);
    assert.equal(message.sequence, 1);
    assert.equal(message.state, "accepted");
    assert.equal(message.acceptedMs, START_MS);
    assert.equal(message.expiresMs, START_MS + 86_400_000);
    assert.deepEqual(await store.backlog.list(routeOf(1), 0, 10), [message]);
    assert.notEqual((await append()).message.id, message.id);
});

scenario("every field of a message is kept", async ({ append }) => {
    const fields = { title: "T", urgency: "high", ttlS: 60, collapseKey: "k", from: numberOf(2) } as const;
    const { message } = await append(fields);
    assert.deepEqual(fieldsOf(message), { b: "hi", t: "T", u: "high", f: numberOf(2), k: "k" });
    assert.equal(message.expiresMs, START_MS + 60_000);
});

scenario("texts are as UTF-8 can have them; an empty title or key is none", async ({ append }) => {
    const { message } = await append({ body: "a\ud800b \udc00 😀", title: "", collapseKey: "" });
    assert.deepEqual(fieldsOf(message), { b: "a\ufffdb \ufffd 😀" });
});

const REFUSED: [name: string, draft: Record<string, unknown>, sentence: RegExp][] = [
    ["no body", { body: undefined }, /no body/],
    ["an empty body", { body: "" }, /no body/],
    ["a body that is no text", { body: 5 }, /body has to be a text/],
    ["a title that is no text", { title: {} }, /title has to be a text/],
    ["a time to live below 0", { ttlS: -1 }, /0 \(now or never\) to 2419200/],
    ["a time to live beyond 28 days", { ttlS: 2_419_201 }, /28 days/],
    ["half a second to live", { ttlS: 0.5 }, /whole seconds/],
    ["a time to live that is no number", { ttlS: "60" }, /whole seconds/],
    ["no urgency of ours", { urgency: "urgent" }, /very-low, low, normal, high/],
    ["a collapse key of 65 octets", { collapseKey: "ü".repeat(32) + "x" }, /65 octets.*64/],
    ["an idempotency key of 201 characters", { once: "x".repeat(201) }, /idempotency key/],
    ["an idempotency key with a space", { once: "a b" }, /idempotency key/],
    ["an idempotency key that is not ASCII", { once: "é" }, /idempotency key/],
    ["an empty idempotency key", { once: "" }, /idempotency key/],
    ["an idempotency key that is no text", { once: 7 }, /idempotency key/],
];

test("queue: a draft that cannot be meant is refused with a sentence, and stores nothing", async (context) => {
    await withStore(async (store) => {
        const queue = createQueue({ store, clock: handClock() });
        const recipient = recipientOf((await store.registrations.register(registrationOf(1))).registration);
        for (const [name, draft, sentence] of REFUSED) {
            await context.test(name, () =>
                assert.rejects(
                    queue.append(recipient, { to: TO, body: "hi", ...draft }, "t1"),
                    isRefused("invalid_request", sentence),
                ),
            );
        }
        for (const ttlS of [0, 2_419_200]) await queue.append(recipient, { to: TO, body: "hi", ttlS }, "t1");
        await queue.append(recipient, { to: TO, body: "hi", collapseKey: "ü".repeat(32), once: "x".repeat(200) }, "t1");
        assert.equal((await store.registrations.byRoute(routeOf(1)))?.lastSequence, 3);
    });
});

// Largest body without a title: {"n":4294967295,"b":"…","x":1767312000} is 38 octets beside it.
const LIMITS: [packetOctets: number | undefined, bodyOctets: number][] = [
    [undefined, 1_024 - 26 - 38],
    [2_048, 2_048 - 26 - 38],
    [4_096, 4_096 - 26 - 38],
    [100_000, 4_096 - 26 - 38],
];

for (const [packetOctets, room] of LIMITS) {
    scenario(
        `a device that takes ${packetOctets ?? "nothing special"} gets a body of ${room} octets and none of one more`,
        async (scene) => {
            const capabilities = packetOctets === undefined ? undefined : { ...CAPABILITIES, packetOctets };
            const recipient = recipientOf({ ...scene.registration, capabilities });
            const { message } = await scene.queue.append(recipient, { to: TO, body: "x".repeat(room) }, "t1");
            const limit = Math.min(packetOctets ?? 1_024, 4_096);
            const packet = 26 + encodePush({ ...message, sequence: 4_294_967_295 }).length;
            assert.equal(packet, limit, "whatever its sequence, the whole packet fits");
            await assert.rejects(
                scene.queue.append(recipient, { to: TO, body: "x".repeat(room + 1) }, "t1"),
                isRefused(
                    "too_large",
                    new RegExp(`takes ${limit - 25} octets .* takes ${limit - 26}: shorten it by 1`),
                ),
            );
            await assert.rejects(
                scene.queue.append(recipient, { to: TO, body: "€".repeat(Math.ceil(room / 3) + 1) }, "t1"),
                isRefused("too_large", /shorten it/),
            );
        },
    );
}

scenario("a registration that ended meanwhile takes nothing", async ({ store, append }) => {
    await store.registrations.unregister(TO, START_MS);
    await assert.rejects(append(), isRefused("unregistered", /ended just now/));
});

scenario("a backlog full of more urgent messages refuses, and drops nothing for it", async ({ store, append }) => {
    await Promise.all(Array.from({ length: 1_000 }, () => append({ urgency: "high" })));
    await assert.rejects(append({ once: "key" }), isRefused("too_many", /full of more urgent/));
    const { dropped } = await append({ urgency: "high" });
    assert.equal(dropped.length, 1);
    await store.backlog.settle(routeOf(1), 2, "delivered", START_MS);
    assert.equal(
        (await append({ once: "key" })).repeated,
        false,
        "refused, it was not accepted: sent again, it is new",
    );
});

scenario("sent again, a message is accepted once, also when it was dropped later", async ({ store, append }) => {
    const first = await append({ once: "key", urgency: "low" });
    await Promise.all(Array.from({ length: 1_000 }, () => append()));
    const again = await append({ once: "key", urgency: "low" });
    assert.deepEqual([again.repeated, again.message.id, again.message.state], [true, first.message.id, "dropped"]);
    assert.equal((await store.receipts.find(first.message.id))?.state, "dropped");
});

scenario(
    "an id begins with a letter or a digit: a command line takes a hyphen for a flag",
    async ({ store, registration }) => {
        const drawn = [0xf8, 0xfc, 0x00].map((octet) => Buffer.alloc(10, octet)); // "-", "_" and "A" in front
        const queue = createQueue({ store, clock: handClock(), random: () => drawn.shift()! });
        const { message } = await queue.append(recipientOf(registration), { to: TO, body: "hi" }, "t1");
        assert.equal(message.id, "AAAAAAAB" + "A".repeat(14));
    },
);
