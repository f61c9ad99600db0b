import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
    chmodSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
    closeToOthers,
    type FileStatus,
    foreignHand,
    foreignOwner,
    kindOf,
    makeFolder,
    makePrivateFile,
    readPrivateFile,
    writePrivateFile,
} from "../../../gateway/system/private-file.ts";
import { NOT_ROOT, giveAway } from "../../support/other-user.ts";

type Kind = "file" | "folder" | "link" | "pipe";
const status = (kind: Kind, uid: number, mode: number): FileStatus => ({
    uid,
    mode,
    isFile: () => kind === "file",
    isDirectory: () => kind === "folder",
    isSymbolicLink: () => kind === "link",
});

// Whose work it may be, for a user whose number is 1000.
const HANDS: [kind: Kind, uid: number, mode: number, why: string | undefined][] = [
    ["file", 1000, 0o600, undefined],
    ["file", 1000, 0o644, undefined],
    ["file", 1000, 0o620, "can be written by other users"],
    ["file", 1000, 0o602, "can be written by other users"],
    ["folder", 1000, 0o755, undefined],
    ["folder", 1000, 0o1777, "can be written by other users"],
    ["folder", 0, 0o755, undefined],
    ["folder", 0, 0o775, "can be written by other users"],
    ["folder", 1001, 0o700, "belongs to another user (uid 1001)"],
    ["file", 1001, 0o666, "belongs to another user (uid 1001)"],
    ["link", 1000, 0o777, undefined],
    ["link", 1001, 0o777, "belongs to another user (uid 1001)"],
];
for (const [kind, uid, mode, why] of HANDS) {
    test(`private file: a ${kind} of ${uid} with mode ${mode.toString(8)} ${why ?? "is one's own work"}`, () => {
        assert.equal(foreignHand(status(kind, uid, mode), 1000), why);
        assert.equal(foreignOwner(status(kind, uid, mode), 1000) === undefined, uid !== 1001);
    });
}

test("private file: what is there, in words", () => {
    const words = (["file", "folder", "link", "pipe"] as const).map((kind) => kindOf(status(kind, 0, 0)));
    assert.deepEqual(words, ["a file", "a folder", "a link", "no plain file (a pipe, a socket or a device)"]);
});

function folder(t: TestContext): string {
    const data = mkdtempSync(join(tmpdir(), "toque-private-"));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    return data;
}
const modeOf = (path: string) => statSync(path).mode & 0o777;

test("private file: written, read and replaced; nothing else is left", (t) => {
    const data = folder(t);
    const path = join(data, "file");
    for (const text of ["one\n", "another, which is longer\n"]) {
        writePrivateFile(path, text);
        assert.equal(readPrivateFile(path)?.text, text);
        assert.equal(modeOf(path), 0o600);
        assert.deepEqual(readdirSync(data), ["file"]);
    }
});

test("private file: links at its place and its draft's are replaced, not followed", (t) => {
    const data = folder(t);
    const precious = join(data, "precious");
    writeFileSync(precious, "precious");
    for (const name of ["file", "file.new"]) symlinkSync(precious, join(data, name));
    writePrivateFile(join(data, "file"), "text");
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.ok(lstatSync(join(data, "file")).isFile());
});

for (const name of ["file", "file.new"]) {
    test(`private file: a folder at ${name} is refused by name, with what to do`, (t) => {
        const data = folder(t);
        mkdirSync(join(data, name));
        const message = `${join(data, name)} is a folder, where the gateway keeps a file of its own: move it away, then start again.`;
        const refusal = { name: "GatewayError", code: "unavailable", message };
        assert.throws(() => writePrivateFile(join(data, "file"), "text"), refusal);
    });
}

test("private file: what the disk does not take is a sentence", (t) => {
    const message = /\/file cannot be written \(ENOENT\): look at the space and the rights of .+, then try again\.$/;
    assert.throws(() => writePrivateFile(join(folder(t), "missing/file"), "text"), { name: "GatewayError", message });
});

const IN_THE_WAY: [name: string, put: (path: string) => void, what: RegExp][] = [
    ["a folder", (path) => mkdirSync(path), / is a folder, where the gateway keeps a file of its own: move it away/],
    ["a link to a folder", (path) => symlinkSync(".", path), / is a folder, where/],
    ["a link to itself", (path) => symlinkSync(path, path), / cannot be read \(ELOOP\), where/],
    [
        "a pipe",
        (path) => void execFileSync("mkfifo", [path]),
        / is no plain file \(a pipe, a socket or a device\), where/,
    ],
];
for (const [name, put, message] of IN_THE_WAY) {
    test(`private file: ${name} in its place is refused when it is read`, (t) => {
        const path = join(folder(t), "file");
        put(path);
        assert.throws(() => readPrivateFile(path), { name: "GatewayError", code: "unavailable", message });
    });
}

test("private file: a missing one and a link that leads nowhere read as none", (t) => {
    const data = folder(t);
    symlinkSync("nowhere", join(data, "link"));
    for (const name of ["link", "file"]) assert.equal(readPrivateFile(join(data, name)), undefined);
});

test("private file: a link is as foreign as its owner and as what it means", (t) => {
    const data = folder(t);
    const [path, link] = [join(data, "file"), join(data, "link")];
    writeFileSync(path, "text", { mode: 0o600 });
    symlinkSync(path, link);
    assert.deepEqual([readPrivateFile(link)?.text, readPrivateFile(link)?.foreign], ["text", undefined]);
    chmodSync(path, 0o622);
    assert.equal(readPrivateFile(link)?.foreign, "can be written by other users");
    if (NOT_ROOT !== false) return t.diagnostic(`skipped in part: ${NOT_ROOT}`);
    chmodSync(path, 0o600);
    giveAway(link);
    assert.equal(readPrivateFile(link)?.foreign, "belongs to another user (uid 65534)");
    assert.equal(readPrivateFile(path)?.foreign, undefined);
});

test("private file: others' rights are taken away, with a sentence about it", (t) => {
    const path = join(folder(t), "file");
    writeFileSync(path, "text");
    for (const [mode, left] of [
        [0o640, 0o600],
        [0o604, 0o600],
        [0o777, 0o700],
    ] as const) {
        // prettier-ignore
        chmodSync(path, mode);
        assert.equal(closeToOthers(path, statSync(path)), `Other users could open ${path}. Now only its owner can.`);
        assert.equal(modeOf(path), left);
        assert.equal(closeToOthers(path, statSync(path)), undefined);
    }
});

test("private file: modes do not depend on the umask, and folders are made on the way", (t) => {
    const before = process.umask();
    t.after(() => process.umask(before));
    for (const umask of [0o000, 0o077, 0o177]) {
        const data = folder(t);
        process.umask(umask);
        makePrivateFile(join(data, "public"), "text", 0o644);
        makePrivateFile(join(data, "private"));
        assert.deepEqual([modeOf(join(data, "public")), modeOf(join(data, "private"))], [0o644, 0o600]);
        assert.throws(() => makePrivateFile(join(data, "private")), { code: "EEXIST" });
    }
    process.umask(0);
    const deep = join(folder(t), "a/b/c");
    makeFolder(deep);
    makeFolder(deep);
    assert.equal(modeOf(deep), 0o700);
});

test("private file: a folder that can never be made is an error, not an endless try", (t) => {
    const file = join(folder(t), "file");
    writeFileSync(file, "");
    assert.throws(() => makeFolder(join(file, "data")), { code: /^E/ });
    if (process.platform === "linux") assert.throws(() => makeFolder("/proc/toque/data"), { code: /^E/ });
});
