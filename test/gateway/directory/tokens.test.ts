import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, writeFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Store } from "../../../gateway/ports/store.ts";
import type { Role } from "../../../gateway/token.ts";
import type { E164 } from "../../../gateway/number.ts";
import { ensureAdminToken } from "../../../gateway/store/admin-token.ts";
import {
    ADMIN_TOKEN_FILE,
    createTokens,
    permits,
    rangeOf,
    type Action,
    type Tokens,
} from "../../../gateway/directory/tokens.ts";
import { START_MS } from "../../support/records.ts";
import { handClock, withStore } from "../../support/store-for-tests.ts";

const ES = "+34600111222" as E164;
const DE = "+491711234567" as E164;

function scenario(name: string, play: (tokens: Tokens, dir: string, store: Store) => Promise<void>): void {
    test(`tokens: ${name}`, () =>
        withStore((store, dir) => play(createTokens({ store, clock: handClock() }), dir, store)));
}

// Who may do what to which number: issue 4, "admin, sender (with a pattern of numbers), reader".
const PERMISSIONS: [role: Role, pattern: string, action: Action, number: E164 | undefined, permitted: boolean][] = [
    ["admin", "*", "manage", undefined, true],
    ["admin", "*", "send", ES, true],
    ["admin", "*", "read", undefined, true],
    ["admin", "+34*", "manage", undefined, false],
    ["admin", "+34*", "manage", ES, true],
    ["sender", "*", "send", ES, true],
    ["sender", "*", "receipt", ES, true],
    ["sender", "*", "read", ES, false],
    ["sender", "*", "manage", ES, false],
    ["sender", "+34*", "send", ES, true],
    ["sender", "+34*", "send", DE, false],
    ["sender", "+34*", "receipt", DE, false],
    ["sender", "+*", "send", DE, true],
    ["sender", ES, "send", ES, true],
    ["sender", ES, "send", (ES + "0") as E164, false],
    ["sender", "+3460011122", "send", ES, false],
    ["reader", "*", "read", undefined, true],
    ["reader", "*", "receipt", ES, true],
    ["reader", "*", "send", ES, false],
    ["reader", "*", "manage", ES, false],
    ["reader", "+34*", "read", undefined, false],
    ["reader", "+34*", "read", ES, true],
];

for (const [role, pattern, action, number, permitted] of PERMISSIONS) {
    test(`tokens: ${role} ${pattern} may${permitted ? "" : " not"} ${action} ${number ?? "everything"}`, () => {
        assert.equal(permits({ id: "id", role, pattern }, action, number), permitted);
    });
}

scenario("a token is known by itself alone, and the store has only its hash", async (tokens, _dir, store) => {
    const { id, token } = await tokens.createToken("sender", "+34*", "shop");
    assert.match(token, /^[\w-]{22}$/);
    assert.deepEqual(await tokens.authenticateToken(token), { id, role: "sender", pattern: "+34*" });
    assert.ok(!JSON.stringify(await store.tokens.list()).includes(token));
    for (const other of [
        "",
        token + "A",
        token.slice(1),
        token.toLowerCase() + " ",
        (await store.tokens.list())[0]?.hash ?? "",
    ]) {
        assert.equal(await tokens.authenticateToken(other), undefined);
    }
});

scenario("known without a question once it was authenticated, until any is revoked", async (tokens) => {
    const { id, token } = await tokens.createToken("sender", ES);
    const other = await tokens.createToken("reader", "*");
    assert.equal(tokens.knownCaller(token), undefined);
    const caller = await tokens.authenticateToken(token);
    assert.deepEqual(tokens.knownCaller(token), caller);
    await tokens.revokeToken(other.id);
    assert.equal(tokens.knownCaller(token), undefined);
    const beside = tokens.authenticateToken(token); // asked before, answered after
    const revoked = tokens.revokeToken(id);
    await Promise.all([beside, revoked]);
    assert.equal(tokens.knownCaller(token), undefined);
});

scenario("listed without hashes, revoked at once and only once", async (tokens) => {
    const { id, token } = await tokens.createToken("reader", "*", "wall");
    const expected = { id, role: "reader", pattern: "*", label: "wall", createdMs: START_MS };
    assert.deepEqual(await tokens.listTokens(), [expected]);
    assert.equal(await tokens.revokeToken(id), true);
    assert.equal(await tokens.revokeToken(id), false);
    assert.equal(await tokens.authenticateToken(token), undefined);
    assert.deepEqual(await tokens.listTokens(), []);
});

scenario("a role or a pattern that means nothing is refused with a sentence", async (tokens) => {
    for (const role of ["root", "", "constructor", "__proto__"]) {
        await assert.rejects(tokens.createToken(role as Role, "*"), {
            code: "invalid_request",
            message: /admin, sender or reader/,
        });
    }
    for (const pattern of ["", "34*", "+0*", "+34**", "+3?", "*34", "+34 600*", "+1234567890123456", "+1"]) {
        await assert.rejects(tokens.createToken("sender", pattern), {
            code: "invalid_request",
            message: /as in \+34\*/,
        });
    }
    await assert.rejects(tokens.createToken("sender", "*", "x".repeat(101)), { code: "invalid_request" });
    for (const pattern of ["*", "+*", "+3*", "+34600111222*", ES]) await tokens.createToken("sender", pattern);
});

function fileOf(dir: string): string {
    return join(dir, ADMIN_TOKEN_FILE);
}

scenario("the first start writes an admin's token, for its owner's eyes alone, once", async (tokens, dir) => {
    assert.equal(await ensureAdminToken(tokens, dir), fileOf(dir));
    const token = readFileSync(fileOf(dir), "utf8").trim();
    assert.equal(statSync(fileOf(dir)).mode & 0o777, 0o600);
    assert.equal((await tokens.authenticateToken(token))?.role, "admin");
    assert.equal(await ensureAdminToken(tokens, dir), fileOf(dir));
    assert.equal(readFileSync(fileOf(dir), "utf8").trim(), token);
    assert.deepEqual(
        readdirSync(dir).filter((name) => name.startsWith(ADMIN_TOKEN_FILE)),
        [ADMIN_TOKEN_FILE],
    );
    rmSync(fileOf(dir));
    assert.equal(await ensureAdminToken(tokens, dir), undefined, "put away by its owner, it does not come back");
    assert.equal((await tokens.listTokens()).length, 1);
});

scenario("an admin's token that was revoked is not made again", async (tokens, dir) => {
    await ensureAdminToken(tokens, dir);
    const token = readFileSync(fileOf(dir), "utf8").trim();
    const [admin] = await tokens.listTokens();
    const last = { code: "conflict", message: /last admin's token: make another with "toque token add admin"/ };
    await assert.rejects(tokens.revokeToken(admin?.id ?? ""), last);
    await tokens.createToken("admin", "*");
    assert.equal(await tokens.revokeToken(admin?.id ?? ""), true);
    assert.equal(await ensureAdminToken(tokens, dir), undefined);
    assert.equal(await tokens.authenticateToken(token), undefined);
});

scenario(
    "a first start that was cut short, or a store begun anew: the token in the file is the one",
    async (tokens, dir) => {
        writeFileSync(fileOf(dir), "AAAAAAAAAAAAAAAAAAAAAA\n", { mode: 0o600 });
        assert.equal(await ensureAdminToken(tokens, dir), fileOf(dir));
        assert.equal((await tokens.authenticateToken("AAAAAAAAAAAAAAAAAAAAAA"))?.role, "admin");
    },
);

scenario("a file with half a token is written anew", async (tokens, dir) => {
    writeFileSync(fileOf(dir), "AAAA");
    await ensureAdminToken(tokens, dir);
    const token = readFileSync(fileOf(dir), "utf8").trim();
    assert.equal((await tokens.authenticateToken(token))?.role, "admin");
    assert.equal(statSync(fileOf(dir)).mode & 0o777, 0o600);
});

scenario("a folder that cannot be written is named", async (tokens, dir) => {
    await assert.rejects(ensureAdminToken(tokens, join(dir, "missing")), {
        code: "unavailable",
        message: /cannot be written/,
    });
    assert.deepEqual(await tokens.listTokens(), []);
});

test("tokens: the range of a pattern holds the numbers that it permits, and no others", () => {
    const numbers = [
        "+1",
        "+34",
        "+340",
        "+346001",
        "+34600111222",
        "+346001112220",
        "+35",
        "+3",
        "+33999",
        "+999999999999999",
    ];
    for (const pattern of ["*", "+*", "+3*", "+34*", "+34600111222*", "+34600111222", "+34", "+9*"]) {
        const { from, below } = rangeOf(pattern);
        for (const number of numbers as E164[]) {
            const permitted = permits({ id: "t", role: "reader", pattern }, "read", number);
            assert.equal(number >= from && number < below, permitted, `${pattern} ${number}`);
        }
    }
});
