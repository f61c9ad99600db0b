import assert from "node:assert/strict";
import { test } from "node:test";
import {
    type FileStatus,
    foreignHand,
    foreignOwner,
    isOpenToOthers,
    kindOf,
} from "../../../gateway/system/file-status.ts";

type Kind = "file" | "folder" | "link" | "pipe";
const status = (kind: Kind, uid: number, mode: number): FileStatus => ({
    uid,
    mode,
    isFile: () => kind === "file",
    isDirectory: () => kind === "folder",
    isSymbolicLink: () => kind === "link",
});

// Whose word it is, for a user whose number is 1000.
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
    test(`file status: a ${kind} of ${uid} with mode ${mode.toString(8)} ${why ?? "is one's own word"}`, () => {
        assert.equal(foreignHand(status(kind, uid, mode), 1000), why);
        assert.equal(foreignOwner(status(kind, uid, mode), 1000) === undefined, uid !== 1001);
        assert.equal(foreignHand(status(kind, uid, mode), undefined), undefined, "a system without such rights");
    });
}

test("file status: for the owner alone is neither group nor others", () => {
    for (const mode of [0o600, 0o400, 0o700]) assert.equal(isOpenToOthers(status("file", 1000, mode), 1000), false);
    for (const mode of [0o640, 0o604, 0o601, 0o666]) assert.equal(isOpenToOthers(status("file", 1, mode), 1000), true);
    assert.equal(isOpenToOthers(status("file", 1000, 0o666), undefined), false);
});

test("file status: what lies there, in words", () => {
    const words = (["file", "folder", "link", "pipe"] as const).map((kind) => kindOf(status(kind, 0, 0)));
    assert.deepEqual(words, ["a file", "a folder", "a link", "no plain file (a pipe, a socket or a device)"]);
});
