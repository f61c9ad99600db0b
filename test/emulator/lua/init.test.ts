/** device/nodemcu/init.lua: what a person at the console can stop, and what a crash loop is slowed down to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../../../bundler/output.ts";
import type { Bench } from "./bench.ts";
import { BOARDS, LUAS, putOnBench } from "./bench.ts";
import type { BoardOptions } from "../../../emulator/lua/board.ts";

const INIT = readFileSync(`${ROOT}device/nodemcu/init.lua`, "latin1");

/** Puts a board with these files on the bench and switches it on: the firmware runs init.lua. */
async function powerOn(
    t: Parameters<typeof putOnBench>[0],
    { interpreter, kind }: Pick<BoardOptions, "interpreter" | "kind">,
    files: Record<string, string>,
): Promise<Bench> {
    const bench = putOnBench(t, interpreter, { "init.lua": INIT, ...files }, { kind, boots: ["init.lua"] });
    await bench.board.start();
    return bench;
}

const RUNS = { "toque.lua": 'print("running") return { on = function() end }' };

for (const board of BOARDS) {
    const name = `${board.kind} on ${board.interpreter}`;
    const { skip } = board;

    test(`init.lua, ${name}: Toque starts after three seconds, and then the application`, { skip }, async (t) => {
        const bench = await powerOn(t, board, { ...RUNS, "app.lua": 'print("app")' });
        await bench.turn(2999);
        assert.deepEqual(bench.screen.lines.slice(1), []);
        await bench.turn(1);
        assert.deepEqual(bench.screen.lines, ["toque: starts in 3 s, boot 1; to prevent it: stop()", "running", "app"]);
    });

    test(`init.lua, ${name}: stop() at the console prevents it`, { skip }, async (t) => {
        const bench = await powerOn(t, board, RUNS);
        await bench.turn(2500);
        await bench.board.type("stop()");
        await bench.turn(600_000);
        assert.equal(bench.screen.lines.at(-1), "toque: stopped until the next restart");
        assert.deepEqual(bench.gone, []);
    });

    test(
        `init.lua, ${name}: a crash loop waits longer and longer, and forgets it after a good minute`,
        { skip },
        async (t) => {
            const bench = await powerOn(t, board, {
                "toque.lua": 'if not file.exists("fine") then error("crash") end return { on = function() end }',
                "app.lua": 'print("runs")',
            });
            const waits: number[] = [];
            for (let boot = 0; boot < 12; boot++) {
                if (boot > 0) await bench.board.start();
                let waitS = 0;
                while (bench.gone.length === boot && waitS < 400) {
                    await bench.turn(1000);
                    waitS++;
                }
                waits.push(waitS);
            }
            assert.deepEqual(waits, [3, 3, 6, 12, 24, 48, 96, 192, 300, 300, 300, 300]);
            assert.match(bench.gone[0] ?? "", /crash/);

            bench.flash.put("fine", Buffer.from("1"));
            await bench.board.start();
            await bench.turn(300_000 + 59_000);
            assert.equal(bench.screen.lines.at(-1), "runs");
            assert.ok(bench.flash.files().has("toque-boots"));
            await bench.turn(1000);
            assert.ok(!bench.flash.files().has("toque-boots"));
        },
    );
}

for (const { interpreter, skip } of LUAS) {
    const board = { interpreter, kind: "esp8266" as const };

    test(`init.lua, ${interpreter}: a file toque-stop prevents it`, { skip }, async (t) => {
        const bench = await powerOn(t, board, { ...RUNS, "toque-stop": "" });
        await bench.turn(600_000);
        assert.match(bench.screen.lines.join("\n"), /^toque: stopped by the file toque-stop: .*$/);
    });

    test(
        `init.lua, ${interpreter}: an application that does not run is named, and Toque runs without it`,
        { skip },
        async (t) => {
            const bench = await powerOn(t, board, { ...RUNS, "app.lua": "this is not Lua" });
            await bench.turn(3000);
            assert.equal(bench.screen.lines[1], "running");
            assert.match(bench.screen.lines[2] ?? "", /^toque: the application does not run, so messages wait: /);
        },
    );

    test(
        `init.lua, ${interpreter}: an application in LFS goes before a compiled one, that before its source`,
        { skip },
        async (t) => {
            const lfs = `node.LFS = { get = function(name) return name == "app" and function() print("from LFS") end or nil end }`;
            const files = {
                ...RUNS,
                "app.lc": 'print("compiled")',
                "app.lua": 'print("source")',
            };
            const bench = await powerOn(t, board, { ...files, "init.lua": `${lfs}\n${INIT}` });
            await bench.turn(3000);
            assert.deepEqual(bench.screen.lines.slice(1), ["running", "from LFS"]);
            const without = await powerOn(t, board, files);
            await without.turn(3000);
            assert.deepEqual(without.screen.lines.slice(1), ["running", "compiled"]);
        },
    );

    test(`init.lua, ${interpreter}: without toque.lua it prints a sentence`, { skip }, async (t) => {
        const bare = await powerOn(t, board, {});
        await bare.turn(3000);
        assert.equal(bare.screen.lines.at(-1), "toque: toque.lua is missing: flash it");
    });
}
