/** bundler/lua/overlay.ts: functions that lie in a file, and are read from it when they are called. */
import assert from "node:assert/strict";
import { test } from "node:test";
import luamin from "luamin";
import { withOwnNames } from "../../../bundler/lua/names.ts";
import { layOut } from "../../../bundler/lua/overlay.ts";
import { LUAS, putOnBench } from "../../emulator/lua/bench.ts";

/** The program as it would be on a board. */
function program(lua: string): string {
    return withOwnNames(lua, (text) => luamin.minify(text), "toque.lua");
}

for (const { interpreter, skip } of LUAS) {
    test(
        `${interpreter}: functions in the file call each other, get nil for what is left out, and keep their state`,
        { skip },
        async (t) => {
            const lua = program(`
            ____e_count = 0
            function ____e_twice(a, b) if b == nil then return a * 2 end return a * b end
            function ____e_fib(n) if n < 2 then return n end return ____e_fib(n - 1) + ____e_fib(n - 2) end
            function ____e_next() ____e_count = ____e_count + 1 return ____e_count end
            function ____e_later(k) return function() k = k + 1 return ____e_twice(k) end end
            ____e_k = ____e_later(4)
            ____e_next() ____e_next()
            print(____e_twice(21), ____e_twice(3, 5), ____e_fib(9), ____e_next(), ____e_k(), ____e_k(), ____e_absent == nil)`);
            assert.match(lua, /^--\[==\[/);
            const bench = putOnBench(t, interpreter, { "toque.lua": lua });
            await bench.board.start();
            assert.deepEqual([bench.gone, bench.screen.lines], [[], ["42\t15\t34\t3\t10\t12\ttrue"]]);
        },
    );

    test(`${interpreter}: a function is there again after its memory was collected`, { skip }, async (t) => {
        const lua = program(`
            function ____e_f(a) return a .. "!" end
            _G.ask = function(a) return ____e_f(a) end`);
        const bench = putOnBench(t, interpreter, { "toque.lua": lua });
        await bench.board.start();
        for (let i = 0; i < 3; i++) {
            assert.equal(await bench.board.ask(`ask("${i}")`), `${i}!`);
            if (interpreter !== "fengari") await bench.board.memory();
        }
    });
}

/** Letters in which nothing is frequent. */
function rareText(length: number, seed = 1): string {
    let state = seed;
    const next = (): string => (state = (state * 48271) % 2147483647).toString(36).slice(-1);
    return Array.from({ length }, (_, i) => (i % 2 === 0 ? next().toUpperCase() : next())).join("");
}

test("a place whose name would be a word of Lua's is left out", () => {
    const place = parseInt("and", 36) - parseInt("a00", 36);
    const text = `x="${rareText(place - "--[==[".length - "00".length - 'x=""'.length)}"`;
    const lua = layOut(`function ____f_____e_f() ${text} end function ____f_____e_g() return 1 end ____f_____e_g()`);
    assert.match(lua, /^--\[==\[/);
    assert.match(lua, /\]==\] *ane\(\)$/);
    assert.equal(lua.slice(place, place + 3 + "return 1".length), " 08return 1");
});

test("a function that cannot stand in the comment is refused by a sentence", () => {
    const f = (body: string): string => `function ____f_____e_f() ${body} end ____f_____e_f()`;
    const long = f(`x = "${rareText(1400)}"`);
    assert.throws(() => layOut(long), /A function of 1[34]\d\d octets is too long: 1295 are the most/);
    assert.throws(() => layOut(f('x = "]==]"')), /ends the comment/);
    assert.throws(() => layOut("____f_____e_g()"), /____f_____e_g is called, and defined nowhere/);
    const far = Array.from({ length: 40 }, (_, i) => `function ____f_____e_f${i}() x = "${rareText(1200, i + 1)}" end`);
    assert.throws(() => layOut(far.join(" ")), /too far for a name/);
});
