/** device/nodemcu/flash.ts on the firmware's files, and those files themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, frame } from "../../../device/slots.ts";
import type { Bench } from "./bench.ts";
import { BOARDS, LUAS, putOnBench } from "./bench.ts";
import { compileForBoard } from "../../../emulator/lua/compile.ts";

const FLASH = compileForBoard(`
    import { load, save } from "@/device/nodemcu/flash.ts";
    declare let flash: any;
    flash = { load: load, save: save };
`);

const OLD = "old text, of 24 octets.\\0";
const NEW = "new text\\0\\255";

/** What the slots hold, as this computer reads them. */
function read(bench: Bench, name: string): string | undefined {
    const files = bench.flash.files();
    const text = (slot: number): string | undefined => files.get(`toque-${name}${slot}`)?.toString("latin1");
    return choose(text(0), text(1)).text;
}

async function load(bench: Bench): Promise<string> {
    return bench.board.ask(`flash.load("config")`);
}

for (const { interpreter, kind, skip } of BOARDS) {
    const name = `${kind} on ${interpreter}`;

    test(`slots, ${name}: nothing, then what was written, also after a restart`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, { "flash.lua": FLASH }, { kind });
        await bench.board.start();
        assert.equal(await load(bench), "");
        assert.equal(await bench.board.ask(`flash.save("config", "${OLD}")`), "true");
        assert.equal(await bench.board.ask(`flash.save("config", "${NEW}")`), "true");
        assert.equal(await load(bench), "new text\0\xff");
        await bench.board.cut();
        await bench.board.start();
        assert.equal(await load(bench), "new text\0\xff");
        assert.equal(read(bench, "config"), "new text\0\xff");
        const { writes } = bench.flash;
        assert.equal(await bench.board.ask(`flash.save("config", "${NEW}")`), "true");
        assert.equal(bench.flash.writes, writes, "what is there already is not written again");
    });

    test(
        `slots, ${name}: torn at every octet, it is the old text or the new one, and can be written again`,
        { skip },
        async (t) => {
            const bench = putOnBench(t, interpreter, { "flash.lua": FLASH }, { kind });
            const octets = frame(1, "new text\0\xff").length;
            for (let at = 0; at <= octets; at++) {
                await bench.board.start();
                await bench.board.ask(`flash.save("config", "${OLD}")`);
                bench.flash.tearAfter(at, () => void bench.board.cut());
                await bench.board.ask(`flash.save("config", "${NEW}")`);
                bench.flash.tearAfter(Infinity, () => undefined);
                if (at === octets) await bench.board.cut();
                await bench.board.start();
                const text = await load(bench);
                assert.equal(
                    text,
                    at < octets ? "old text, of 24 octets.\0" : "new text\0\xff",
                    `torn after ${at} octets`,
                );
                assert.equal(await bench.board.ask(`flash.save("config", "third")`), "true");
                assert.equal(await load(bench), "third");
                await bench.board.cut();
            }
        },
    );

    test(`slots, ${name}: a full disk is reported, and loses nothing`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, { "flash.lua": FLASH }, { kind });
        await bench.board.start();
        await bench.board.ask(`flash.save("config", "${OLD}")`);
        await bench.board.set("disk_full", 1);
        assert.equal(await bench.board.ask(`flash.save("config", "${NEW}")`), "false");
        assert.equal(await load(bench), "old text, of 24 octets.\0");
    });

    test(`slots, ${name}: no file is left open by 100 writes`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, { "flash.lua": FLASH }, { kind });
        await bench.board.start();
        await bench.board.type(`for i = 1, 100 do assert(flash.save("session", "n" .. i)) end`);
        assert.equal(await bench.board.ask(`flash.load("session")`), "n100");
        assert.deepEqual(bench.gone, []);
    });
}

for (const { interpreter, skip } of LUAS) {
    test(`slots, ${interpreter}: a power cut at each octet of a write, 0 texts lost`, { skip }, async (t) => {
        const bench = putOnBench(t, interpreter, { "flash.lua": FLASH });
        let known = "";
        // twice: the write before, which succeeds, has the torn one go into the other of the two files
        const places = frame(1, "torn 00").length + 2;
        for (let i = 0; i < 2 * places; i++) {
            await bench.board.start();
            bench.flash.tearAfter(Infinity, () => undefined);
            assert.equal(await load(bench), known, `before write ${i}`);
            assert.equal(await bench.board.ask(`flash.save("config", "safe ${10 + i}")`), "true");
            known = `safe ${10 + i}`;
            bench.flash.tearAfter(i >> 1, () => void bench.board.cut());
            const answer = await bench.board.ask(`flash.save("config", "torn ${10 + i}")`);
            if (answer === "true") known = `torn ${10 + i}`;
            await bench.board.cut();
        }
        assert.match(known, /^torn/, "the last places are behind the text's end");
    });

    test(`file, ${interpreter}: what the two firmwares have, and how many may be open`, { skip }, async (t) => {
        for (const kind of ["esp8266", "esp32"] as const) {
            const bench = putOnBench(t, interpreter, {}, { kind });
            await bench.board.start();
            await bench.board.type(`opener = file.open or io.open  f = {}
                for i = 1, 9 do f[i] = opener("a" .. i, "w") end
                n = 0 for i = 1, 9 do if f[i] then n = n + 1 f[i]:write("x" .. i) f[i]:close() end end`);
            assert.equal(await bench.board.ask("n"), kind === "esp8266" ? "4" : "5");
            assert.equal(await bench.board.ask("io"), kind === "esp8266" ? "nil" : await bench.board.ask("io"));
            assert.equal(await bench.board.ask(`opener("a2", "r"):read(9)`), "x2");
            assert.equal(await bench.board.ask(`opener("none", "r")`), "nil");
            assert.match(await bench.board.ask(`pcall(opener, string.rep("n", 32), "w")`), /^false/);
        }
    });
}
