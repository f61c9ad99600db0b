/** The emulated firmware's own behaviour: timers, tasks, the console, and what a firmware lacks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BOARDS, LUAS, putOnBench } from "./bench.ts";

for (const { interpreter, kind, skip } of BOARDS) {
    const name = `${kind} on ${interpreter}`;

    test(`tmr, ${name}: single, automatic and stopped timers, each at its time`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, {}, { kind });
        await bench.board.start();
        await bench.board.type(`s = 0 a = 0 x = 0
            tmr.create():alarm(1000, tmr.ALARM_SINGLE, function() s = s + 1 end)
            tmr.create():alarm(300, tmr.ALARM_AUTO, function() a = a + 1 end)
            y = tmr.create() y:alarm(500, tmr.ALARM_SINGLE, function() x = x + 1 end)`);
        await bench.turn(400);
        assert.equal(await bench.board.ask("y:stop()"), "true");
        assert.equal(await bench.board.ask("y:stop()"), "false");
        await bench.turn(599);
        assert.equal(await bench.board.ask(`s .. " " .. a .. " " .. x`), "0 3 0");
        await bench.turn(1);
        assert.equal(await bench.board.ask(`s .. " " .. a .. " " .. x`), "1 3 0");
        await bench.turn(9000);
        assert.equal(await bench.board.ask(`s .. " " .. a`), "1 33");
    });

    test(`tmr, ${name}: intervals that the firmware refuses`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, {}, { kind });
        await bench.board.start();
        for (const ms of ["0", "-1", "6870948", "10.5"]) {
            const answer = await bench.board.ask(`select(2, pcall(tmr.create().alarm, tmr.create(), ${ms}, 0, print))`);
            assert.match(answer, /bad argument #2/, ms);
        }
        await bench.board.type("tmr.create():alarm(5, 0, function() print('5 ms') end)");
        await bench.turn(5);
        if (kind === "esp8266") assert.deepEqual(bench.screen.lines, ["5 ms"]);
        else assert.match(bench.gone.join(), /^assert failed: /, "less than a tick of FreeRTOS");
    });

    test(`node, ${name}: a task runs after what posted it, an error in it restarts the board`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, {}, { kind });
        await bench.board.start();
        await bench.board.type(`node.task.post(function() print("task") end) print("before")`);
        assert.deepEqual(bench.screen.lines, ["before", "task"]);
        await bench.board.type(`node.task.post(function() error("oops") end)`);
        assert.match(bench.gone[0] ?? "", /oops/);
    });

    test(`firmware, ${name}: what it lacks is not there`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, {}, { kind });
        await bench.board.start();
        const has = async (name: string): Promise<boolean> => (await bench.board.ask(`${name} ~= nil`)) === "true";
        assert.equal(await has("os"), false);
        assert.equal(await has("tmr.now"), kind === "esp8266");
        assert.equal(await has("node.uptime"), kind === "esp32");
        assert.equal(await has("wifi.sta.getip"), kind === "esp8266");
        assert.equal(await has("file.open"), kind === "esp8266");
        assert.equal(await has("io"), kind === "esp32");
        if (interpreter.endsWith("5.1") || interpreter.endsWith("51")) assert.equal(await has("math.modf"), false);
    });
}

for (const { interpreter, skip } of LUAS) {
    const lua51 = interpreter.endsWith("5.1") || interpreter.endsWith("51");
    const skipLimit = skip !== false ? skip : lua51 ? false : "Lua 5.3 has room for 200";
    test(`firmware, ${interpreter}: a function with 51 locals is refused`, { skip: skipLimit }, async (t) => {
        const locals = (n: number): string => Array.from({ length: n }, (_, i) => `local a${i} = ${i}`).join("\n");
        const fits = putOnBench(t, interpreter, { "a.lua": locals(50) });
        await fits.board.start();
        const over = putOnBench(t, interpreter, { "a.lua": locals(51) });
        await assert.rejects(over.board.start(), /more than 50 local variables/);
    });

    test(`console, ${interpreter}: a line with a mistake is answered, not a restart`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, {});
        await bench.board.start();
        await bench.board.type("this is not Lua");
        assert.equal(bench.screen.lines.length, 1);
        assert.deepEqual(bench.gone, []);
        await bench.board.type("error('typed')");
        assert.match(bench.screen.lines[1] ?? "", /typed/);
        assert.deepEqual(bench.gone, []);
    });
}
