/** bundler/lua/overlay.ts: functions that lie in a file, and are read from it when they are called. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { overlayLua } from "../../../bundler/lua/overlay.ts";
import { LUAS, putOnBench } from "../../emulator/lua/bench.ts";

/** The program as it would be on a board. */
function program(lua: string): string {
    return overlayLua(lua, "toque.lua");
}

for (const { interpreter, skip } of LUAS) {
    test(
        `${interpreter}: functions in the file call each other, get nil for what is left out, and keep their state`,
        { skip },
        async (t) => {
            const lua = program(`
            count_1 = 0
            function twice_1(a, b) if b == nil then return a * 2 end return a * b end
            function fib_1(n) if n < 2 then return n end return fib_1(n - 1) + fib_1(n - 2) end
            function next_1() count_1 = count_1 + 1 return count_1 end
            function later_1(k) return function() k = k + 1 return twice_1(k) end end
            function long_1(a) return a .. "${"x".repeat(1000)}" end
            k_1 = later_1(4)
            next_1() next_1()
            print(twice_1(21), twice_1(3, 5), fib_1(9), next_1(), k_1(), k_1(), absent_1 == nil, #long_1("a"))`);
            assert.match(lua, /^--\[==\[\d{4}/);
            const bench = putOnBench(t, interpreter, { "toque.lua": lua });
            await bench.board.start();
            assert.deepEqual([bench.gone, bench.screen.lines], [[], ["42\t15\t34\t3\t10\t12\ttrue\t1001"]]);
        },
    );

    test(`${interpreter}: a function is there again after its memory was collected`, { skip }, async (t) => {
        const lua = program(`
            function f_1(a) return a .. "!" end
            ask = function(a) return f_1(a) end`);
        const bench = putOnBench(t, interpreter, { "toque.lua": lua });
        await bench.board.start();
        for (let i = 0; i < 3; i++) {
            assert.equal(await bench.board.ask(`ask("${i}")`), `${i}!`);
            if (interpreter !== "fengari") await bench.board.memory();
        }
    });
}

test("a function that cannot stand in the comment is refused by a sentence", () => {
    assert.throws(() => program('function f_1() x = "]==]" end'), /has "\]==\]" in it, which ends the comment/);
    assert.throws(() => program(`function f_1() x = "${"x".repeat(10_000)}" end`), /has more than 4 digits/);
});
