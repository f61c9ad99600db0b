import assert from "node:assert/strict";
import { test } from "node:test";
import { createDirectory, type Directory } from "../../../gateway/directory/directory.ts";
import { CODE_DIGITS, CODE_LIMITS, CODE_TRIES, NETWORK_TRIES } from "../../../gateway/directory/enrolment.ts";
import type { Store } from "../../../gateway/ports/store.ts";
import { numberOf } from "../../support/records.ts";
import { handClock, withStore, type HandClock } from "../../support/store-for-tests.ts";

const NUMBER = numberOf(1);
const MINUTE_MS = 60_000;
/** Where the chips of these tests are, and others. */
const NETWORK = "192.0.2.1";

interface Scene {
    directory: Directory;
    store: Store;
    clock: HandClock;
}

function scenario(name: string, play: (scene: Scene) => Promise<void>): void {
    test(`enrolment: ${name}`, () =>
        withStore(async (store) => {
            const clock = handClock();
            await play({ directory: createDirectory({ store, clock }), store, clock });
        }));
}

function wrong(code: string): string {
    return String((Number(code) + 1) % 10 ** CODE_DIGITS).padStart(CODE_DIGITS, "0");
}

scenario("a code of eight digits makes a registration, provisional until its secret was used", async (scene) => {
    const { directory, store, clock } = scene;
    const { code, expiresMs } = await directory.createCode(NUMBER);
    assert.match(code, /^[0-9]{8}$/);
    assert.equal(expiresMs, clock.nowMs() + 10 * MINUTE_MS);
    const made = await directory.redeem(NUMBER, code, "a1B2c3", NETWORK);
    assert.equal(made?.registration.provisional, true);
    assert.equal((await directory.find(NUMBER))?.route, made.route);
    const connected = await directory.authenticate(made.route, made.secret);
    assert.equal(connected?.provisional, false);
    assert.equal((await store.registrations.byRoute(made.route))?.provisional, false);
    assert.equal(await directory.redeem(NUMBER, code, "a1B2c3", NETWORK), undefined, "one time");
    assert.ok(await directory.authenticate(made.route, made.secret));
});

scenario(
    "a power cut before the first connect: the same chip comes again, and one secret works",
    async ({ directory }) => {
        const { code } = await directory.createCode(NUMBER);
        const first = await directory.redeem(NUMBER, code, "chip", NETWORK);
        const second = await directory.redeem(NUMBER, code, "chip", NETWORK);
        assert.ok(first !== undefined && second !== undefined);
        assert.equal(second.ended?.route, first.route);
        assert.equal(await directory.authenticate(first.route, first.secret), undefined);
        assert.ok(await directory.authenticate(second.route, second.secret));
        assert.equal((await directory.list({ limit: 10 })).length, 1);
    },
);

scenario(
    "a device that connects while its code is redeemed again: one of them has the number",
    async ({ directory }) => {
        const { code } = await directory.createCode(NUMBER);
        const first = await directory.redeem(NUMBER, code, "chip", NETWORK);
        assert.ok(first !== undefined);
        const [connected, second] = await Promise.all([
            directory.authenticate(first.route, first.secret),
            directory.redeem(NUMBER, code, "chip", NETWORK),
        ]);
        const works = await directory.authenticate(first.route, first.secret);
        assert.equal(works === undefined, second !== undefined, "never both, never neither");
        if (second === undefined) assert.ok(connected !== undefined);
    },
);

scenario("void after ten minutes, and for a network after five wrong tries", async ({ directory, clock }) => {
    const first = await directory.createCode(NUMBER);
    clock.turn(10 * MINUTE_MS);
    assert.equal(await directory.redeem(NUMBER, first.code, "chip", NETWORK), undefined);
    const { code } = await directory.createCode(NUMBER);
    for (let count = 0; count < 5; count++)
        assert.equal(await directory.redeem(NUMBER, wrong(code), "chip", NETWORK), undefined);
    assert.equal(await directory.redeem(NUMBER, code, "chip", NETWORK), undefined);
    assert.equal(await directory.find(NUMBER), undefined);
});

scenario(
    "a stranger's wrong tries are the stranger's network's: the owner enrols; 100 of all networks void it",
    async ({ directory }) => {
        const { code } = await directory.createCode(NUMBER);
        const guess = (network: number) => directory.redeem(NUMBER, wrong(code), "chip", `network ${network}`);
        for (let count = 0; count < 1_000; count++) await guess(1);
        for (let network = 2; network * NETWORK_TRIES < CODE_TRIES; network++) {
            for (let count = 0; count < NETWORK_TRIES; count++) await guess(network);
        }
        assert.equal(await directory.redeem(NUMBER, code, "chip", "network 1"), undefined);
        assert.ok(await directory.redeem(NUMBER, code, "chip", NETWORK));
    },
);

scenario("only the newest code is valid, and only for its number", async ({ directory, clock }) => {
    const older = await directory.createCode(NUMBER);
    clock.turn(MINUTE_MS);
    const newer = await directory.createCode(NUMBER);
    const other = await directory.createCode(numberOf(2));
    if (older.code !== newer.code) assert.equal(await directory.redeem(NUMBER, older.code, "chip", NETWORK), undefined);
    if (other.code !== newer.code) assert.equal(await directory.redeem(NUMBER, other.code, "chip", NETWORK), undefined);
    assert.ok(await directory.redeem(NUMBER, newer.code, "chip", NETWORK));
});

scenario(
    "one code a minute and three an hour; the sentence names the time until the next one",
    async ({ directory, clock }) => {
        await directory.createCode(NUMBER);
        await assert.rejects(directory.createCode(NUMBER), { code: "too_many", message: /in 60 seconds/ });
        clock.turn(MINUTE_MS - 1);
        await assert.rejects(directory.createCode(NUMBER), { code: "too_many", message: /in 1 seconds/ });
        await directory.createCode(numberOf(2));
        clock.turn(1);
        await directory.createCode(NUMBER);
        clock.turn(MINUTE_MS);
        await directory.createCode(NUMBER);
        clock.turn(MINUTE_MS);
        await assert.rejects(directory.createCode(NUMBER), { code: "too_many", message: /in 3420 seconds/ });
        clock.turn(3_420_000 - 1);
        await assert.rejects(directory.createCode(NUMBER), { code: "too_many" });
        clock.turn(1);
        await directory.createCode(NUMBER);
    },
);

scenario("of twenty at the same time one is made", async ({ directory }) => {
    const made = await Promise.allSettled(Array.from({ length: 20 }, () => directory.createCode(NUMBER)));
    assert.equal(made.filter(({ status }) => status === "fulfilled").length, 1);
});

scenario("a clock that was set back does not lock a number out", async ({ directory, clock }) => {
    await directory.createCode(NUMBER);
    clock.turn(-365 * 24 * 60 * MINUTE_MS);
    await assert.rejects(directory.createCode(NUMBER), { code: "too_many", message: /in 60 seconds/ });
});

scenario("what is no code or no chip is refused like a wrong one, and costs no try", async ({ directory }) => {
    const { code } = await directory.createCode(NUMBER);
    for (const typed of ["", "1234567", code + "0", ` ${code}`, code + "\n", "１２３４５６７８"]) {
        assert.equal(await directory.redeem(NUMBER, typed, "chip", NETWORK), undefined);
    }
    for (const chip of ["", "a b", "a/b", "+", "#", "\u0000", "x".repeat(33)]) {
        assert.equal(await directory.redeem(NUMBER, code, chip, NETWORK), undefined);
    }
    assert.ok(await directory.redeem(NUMBER, code, "chip", NETWORK));
});

scenario(
    "a stolen table does not show its codes: their hashes need a key, and the same code has another for each number",
    async (scene) => {
        const { directory, store } = scene;
        await directory.createCode(NUMBER);
        const [kept] = await store.codes.list(NUMBER, 0);
        assert.match(kept?.codeHash ?? "", /^[0-9a-f]{64}$/);
        assert.equal(Buffer.from((await store.settings.get("code key")) ?? "", "base64").length, 32);
    },
);

scenario("a restart keeps codes and their limits", async ({ directory, store, clock }) => {
    const { code } = await directory.createCode(NUMBER);
    const restarted = createDirectory({ store, clock });
    await assert.rejects(restarted.createCode(NUMBER), { code: "too_many" });
    assert.ok(await restarted.redeem(NUMBER, code, "chip", NETWORK));
});

test("enrolment: the digits of codes are drawn evenly, zeros in front included", () =>
    withStore(async (store) => {
        // 2³² − 1 lies in the round that is not whole: it is drawn again.
        const drawn = [Buffer.from("ffffffff", "hex"), Buffer.from("00000007", "hex")];
        const random = (octets: number) =>
            octets === 4 ? (drawn.shift() ?? Buffer.alloc(4)) : Buffer.alloc(octets, 1);
        const directory = createDirectory({ store, clock: handClock(), random });
        assert.equal((await directory.createCode(NUMBER)).code, "00000007");
    }));

test("enrolment: guessing at the highest permitted rate succeeds on at most 10⁻⁴ of a number's days", () => {
    const mostADay = Math.min(...CODE_LIMITS.map(({ codes, spanMs }) => (codes * 86_400_000) / spanMs));
    const chance = (mostADay * CODE_TRIES) / 10 ** CODE_DIGITS;
    assert.ok(chance <= 1e-4, String(chance));
});
