import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runToque } from "../../support/toque.ts";
import { NOT_ROOT, giveAway } from "../../support/other-user.ts";

// A folder `toque-data` that somebody else has put where this user works, with the address of a program of theirs.

const SECRET = "the-token-of-this-user";
const asked: string[] = [];
const folders: string[] = [];
let listener: Server;
let url = "";
before(async () => {
    listener = createServer((request, response) => {
        asked.push(request.headers.authorization ?? "");
        response.end("{}");
    }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});
after(() => {
    listener.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A current folder with a gateway's folder in it that tells that address. */
function workplace(): string {
    const cwd = mkdtempSync(join(tmpdir(), "toque-workplace-"));
    folders.push(cwd);
    mkdirSync(join(cwd, "toque-data"), { mode: 0o700 });
    writeFileSync(join(cwd, "toque-data/gateway.json"), JSON.stringify({ url }), { mode: 0o600 });
    writeFileSync(join(cwd, "toque-data/admin-token"), "their-token", { mode: 0o600 });
    return cwd;
}

const run = (cwd: string, words: string[], environment: Record<string, string> = { TOQUE_TOKEN: SECRET }) => {
    asked.length = 0;
    return runToque(words, environment, cwd);
};

const PLANTED: [name: string, skip: string | false, plant: (data: string) => void, sentence: RegExp][] = [
    [
        "all of it another user's",
        NOT_ROOT,
        (data) => [join(data, "gateway.json"), data].forEach(giveAway),
        /^toque: toque-data belongs to another user \(uid 65534\), so nothing in toque-data is trusted unless you name it: use --data toque-data if you trust it/,
    ],
    [
        "a file of another user's in one's own folder",
        NOT_ROOT,
        (data) => giveAway(join(data, "gateway.json")),
        /^toque: toque-data\/gateway\.json belongs to another user/,
    ],
    [
        "a link of another user's to one's own folder",
        NOT_ROOT,
        (data) => {
            renameSync(data, `${data}.elsewhere`);
            symlinkSync(`${data}.elsewhere`, data);
            giveAway(data);
        },
        /^toque: toque-data belongs to another user/,
    ],
    ["a folder that others can write", false, (data) => chmodSync(data, 0o777), /^toque: toque-data can be written by/],
    [
        "a file that others can write",
        false,
        (data) => chmodSync(join(data, "gateway.json"), 0o620),
        /^toque: toque-data\/gateway\.json can be written by other users/,
    ],
];
for (const [name, skip, plant, sentence] of PLANTED) {
    test(`toque: ${name} is not believed until it is named, and gets no token`, { skip }, async () => {
        const cwd = workplace();
        plant(join(cwd, "toque-data"));
        for (const environment of [{ TOQUE_TOKEN: SECRET, TOQUE_DATA: "" }, {}] as Record<string, string>[]) {
            const { status, stdout, stderr } = await run(cwd, ["send", "+34600111222", "x"], environment);
            assert.deepEqual(asked, []);
            assert.match(stderr, sentence);
            assert.deepEqual([status, stdout], [1, ""]);
        }
        await run(cwd, ["status", "--data", "toque-data"]);
        assert.deepEqual(asked, [`Bearer ${SECRET}`], "a folder that is named is trusted");
        await run(cwd, ["status"], { TOQUE_DATA: "toque-data" });
        assert.deepEqual(asked, ["Bearer their-token"]);
        await run(cwd, ["status", "--url", url]);
        assert.deepEqual(asked, [`Bearer ${SECRET}`], "who names gateway and token needs no folder");
    });
}

test("toque: a token that another user left in the folder is sent nowhere", { skip: NOT_ROOT }, async () => {
    const cwd = workplace();
    giveAway(join(cwd, "toque-data/admin-token"));
    const { stderr } = await run(cwd, ["status"], {});
    assert.match(stderr, /^toque: toque-data\/admin-token belongs to another user/);
    assert.deepEqual(asked, []);
});

test("toque: one's own folder is found without a name; a link in it is followed when it is one's own", async (t) => {
    const cwd = workplace();
    await run(cwd, ["status"]);
    assert.deepEqual(asked, [`Bearer ${SECRET}`]);
    await run(cwd, ["status"], {});
    assert.deepEqual(asked, ["Bearer their-token"]);
    const file = join(cwd, "toque-data/gateway.json");
    renameSync(file, join(cwd, "elsewhere"));
    symlinkSync(join(cwd, "elsewhere"), file);
    await run(cwd, ["status"]);
    assert.deepEqual(asked, [`Bearer ${SECRET}`]);
    if (NOT_ROOT !== false) return t.diagnostic(`skipped in part: ${NOT_ROOT}`);
    giveAway(file);
    await run(cwd, ["status"]);
    assert.deepEqual(asked, []);
});

for (const words of [
    ["serve", "--mqtt-port", "0", "--http-port", "0"],
    ["tls", "init"],
]) {
    test(`toque ${words[0]}: another user's folder is not taken for one's own`, { skip: NOT_ROOT }, async () => {
        const cwd = workplace();
        giveAway(join(cwd, "toque-data"));
        const { status, stderr } = await run(cwd, words);
        assert.match(stderr, /^toque: toque-data belongs to another user/);
        assert.equal(status, 1);
        for (const name of ["toque.db", "tls"]) assert.equal(existsSync(join(cwd, "toque-data", name)), false);
    });
}

test("toque: an empty --data is refused; an empty variable is none", async () => {
    const cwd = workplace();
    for (const words of [["status"], ["tls", "init"], ["serve"]]) {
        const { status, stderr } = await run(cwd, [...words, "--data", ""]);
        assert.match(stderr, /^toque: --data is empty: leave it out or give it a value\.\n$/);
        assert.equal(status, 2);
    }
    const made = await run(cwd, ["tls", "init", "--name", "127.0.0.1"], { TOQUE_DATA: "" });
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual([existsSync(join(cwd, "tls")), existsSync(join(cwd, "toque-data/tls/ca.pem"))], [false, true]);
});
