import assert from "node:assert/strict";
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    renameSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ADMIN_TOKEN_FILE, createTokens, type Tokens } from "../../../gateway/directory/tokens.ts";
import { ensureAdminToken } from "../../../gateway/store/admin-token.ts";
import { NOT_ROOT, giveAway } from "../../support/other-user.ts";
import { handClock, withStore } from "../../support/store-for-tests.ts";

// What somebody has put at the admin token's place before the first start.

const THEIRS = "AAAAAAAAAAAAAAAAAAAAAA";

function scenario(
    name: string,
    skip: string | false,
    play: (tokens: Tokens, file: string, dir: string) => Promise<void>,
): void {
    test(`admin token: ${name}`, { skip }, () =>
        withStore((store, dir) => play(createTokens({ store, clock: handClock() }), join(dir, ADMIN_TOKEN_FILE), dir)),
    );
}

/** Refused with this sentence, and valid for nothing; a start makes a new one after it was moved away. */
async function refused(tokens: Tokens, file: string, dir: string, message: RegExp): Promise<void> {
    await assert.rejects(ensureAdminToken(tokens, dir), { name: "GatewayError", code: "unavailable", message });
    assert.deepEqual(await tokens.listTokens(), []);
    assert.equal(await tokens.authenticateToken(THEIRS), undefined);
    renameSync(file, `${file}.away`);
    assert.equal(await ensureAdminToken(tokens, dir), file);
    assert.equal((await tokens.authenticateToken(readFileSync(file, "utf8").trim()))?.role, "admin");
}

scenario("a folder in its place is refused, with what to do", false, async (tokens, file, dir) => {
    mkdirSync(file);
    await refused(
        tokens,
        file,
        dir,
        /admin-token is a folder, where the gateway keeps a file of its own: move it away/,
    );
});

const FOREIGN: [name: string, skip: string | false, harm: (file: string) => void, sentence: RegExp][] = [
    [
        "another user's",
        NOT_ROOT,
        giveAway,
        /belongs to another user \(uid 65534\), who would know the admin's token: move it away/,
    ],
    [
        "one that others can write",
        false,
        (file) => chmodSync(file, 0o622),
        /can be written by other users, who would know/,
    ],
    [
        "one that another user's link means",
        NOT_ROOT,
        (file) => {
            renameSync(file, `${file}.mine`);
            symlinkSync(`${file}.mine`, file);
            giveAway(file);
        },
        /belongs to another user/,
    ],
];
for (const [name, skip, harm, sentence] of FOREIGN) {
    scenario(`${name} is not adopted`, skip, async (tokens, file, dir) => {
        writeFileSync(file, `${THEIRS}\n`, { mode: 0o600 });
        harm(file);
        await refused(tokens, file, dir, sentence);
    });
}

scenario("one that others could read becomes its owner's alone, with a notice", false, async (tokens, file, dir) => {
    writeFileSync(file, `${THEIRS}\n`);
    chmodSync(file, 0o644);
    const notices: string[] = [];
    assert.equal(await ensureAdminToken(tokens, dir, (sentence) => void notices.push(sentence)), file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(notices.length, 1);
    assert.match(
        notices[0]!,
        /^Other users could open .+admin-token\. Now only its owner can\. It holds the admin's token: if one/,
    );
    assert.equal(notices[0]!.includes(THEIRS), false);
    assert.equal((await tokens.authenticateToken(THEIRS))?.role, "admin");
});

scenario(
    "a link that leads nowhere is replaced by a file, and nothing is made there",
    false,
    async (tokens, file, dir) => {
        symlinkSync(join(dir, "elsewhere"), file);
        assert.equal(await ensureAdminToken(tokens, dir), file);
        assert.ok(lstatSync(file).isFile());
        assert.equal(existsSync(join(dir, "elsewhere")), false);
    },
);
