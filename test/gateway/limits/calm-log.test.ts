import assert from "node:assert/strict";
import { test } from "node:test";
import { BURST, createCalmLog } from "../../../gateway/limits/calm-log.ts";
import { HandTimers } from "../../support/hand-timers.ts";

function openScene() {
    const lines: string[] = [];
    const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
        void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    const timers = new HandTimers();
    return {
        lines,
        timers,
        log: createCalmLog({ info: write("info"), warn: write("warn"), error: write("error") }, timers),
    };
}

test("calm log: a flood of one sentence is a burst and a line a second, and each line has the count of those left out", () => {
    const { lines, timers, log } = openScene();
    for (let index = 0; index < 10_000; index++) log.info({ index }, "refused");
    assert.equal(lines.length, BURST);
    assert.equal(lines.at(-1), `info refused {"index":${BURST - 1}}`);
    timers.turn(1_000);
    for (let index = 0; index < 1_000; index++) log.info({ index }, "refused");
    assert.equal(lines.length, BURST + 1);
    assert.equal(lines.at(-1), `info refused {"index":0,"leftOut":${10_000 - BURST}}`);
    log.flush();
    assert.equal(lines.at(-1), 'info refused {"leftOut":999}');
    log.flush();
    assert.equal(lines.length, BURST + 2, "written once");
});

test("calm log: another sentence is not held back by a flood, and a flood that is over is forgotten", () => {
    const { lines, timers, log } = openScene();
    for (let index = 0; index < 1_000; index++) log.warn({}, "refused");
    log.error({}, "the store failed");
    assert.equal(lines.at(-1), "error the store failed {}");
    timers.turn(BURST * 1_000);
    lines.length = 0;
    for (let index = 0; index < BURST; index++) log.warn({}, "refused");
    assert.equal(lines.length, BURST);
});

test("calm log: boards and tokens do not hold each other's lines back, nor one answer another", () => {
    const { lines, log } = openScene();
    const kinds = [{ route: "r1" }, { route: "r2" }, { tokenId: "t1", status: 404 }, { tokenId: "t1", status: 202 }];
    for (const kind of kinds) {
        lines.length = 0;
        for (let index = 0; index < 1_000; index++) log.info({ ...kind, index }, "request");
        assert.equal(lines.length, BURST);
    }
    lines.length = 0;
    log.flush();
    assert.deepEqual(
        lines,
        kinds.map((kind) => `info request ${JSON.stringify({ ...kind, leftOut: 1_000 - BURST })}`),
    );
});
