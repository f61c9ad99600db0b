import assert from "node:assert/strict";
import { test } from "node:test";
import { Shares } from "../../../gateway/limits/shares.ts";

/** Work that is done when a test ends it. */
function openScene(atOnce: number, most = 100) {
    const shares = new Shares({ atOnce, most, things: "of your messages" });
    const begun: string[] = [];
    const finish: (() => void)[] = [];
    const run = (sender: string, name: string) =>
        shares.run(sender, async () => {
            begun.push(name);
            await new Promise<void>((resolve) => finish.push(resolve));
            if (name.endsWith("fails")) throw new Error(name);
            return name;
        });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return { begun, finish, run, settle };
}

test("shares: a sender has so many under way, the others of it wait in their order; another's go at once", async () => {
    const { begun, finish, run, settle } = openScene(2);
    const done = ["a1", "a2", "a3", "a4"].map((name) => run("a", name));
    done.push(run("b", "b1"));
    assert.deepEqual(begun, ["a1", "a2", "b1"]);
    finish[1]!();
    await settle();
    assert.deepEqual(begun.slice(3), ["a3"]);
    for (let i = 0; i < 5; i++) finish[i]?.();
    await settle();
    finish[4]!();
    assert.deepEqual(await Promise.all(done), ["a1", "a2", "a3", "a4", "b1"]);
});

test("shares: work that fails gives its place to the next, and its caller gets the reason", async () => {
    const { begun, finish, run, settle } = openScene(1);
    const first = assert.rejects(run("a", "first fails"), /first fails/);
    const second = run("a", "second");
    finish[0]!();
    await first;
    await settle();
    assert.deepEqual(begun, ["first fails", "second"]);
    finish[1]!();
    assert.equal(await second, "second");
    const third = run("a", "third");
    assert.deepEqual(begun.slice(2), ["third"], "and nothing is under way after that");
    finish[2]!();
    await third;
});

test("shares: a sender with too much on its way is refused, and only it", async () => {
    const { begun, finish, run, settle } = openScene(1, 2);
    const done = [run("a", "a1"), run("a", "a2")];
    await assert.rejects(run("a", "a3"), { code: "too_many", retryAfterS: 1 });
    done.push(run("b", "b1"));
    finish[0]!();
    await settle();
    assert.deepEqual(begun, ["a1", "b1", "a2"]);
    done.push(run("a", "a4"));
    for (const at of [1, 2]) finish[at]!();
    await settle();
    finish[3]!();
    await Promise.all(done);
});
