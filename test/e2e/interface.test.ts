import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TestContext } from "node:test";
import type { DeviceOptions, EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import type { Subject } from "../runtimes/subjects.ts";
import { greet, NUMBER, push, puback, ROUTE, SECRET } from "../runtimes/stage.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningGateway, runGateway } from "../support/gateway.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { withGenuine } from "./genuine.ts";

/*
 * What an application may call, on every runtime, as an application calls it. The board's application runs what its messages tell it to:
 * the same in both languages, and so is what it prints.
 */

const TIMEOUT = { timeout: 240_000 };

/** A text for JavaScript and one for Lua. */
interface Both {
    js: string;
    lua: string;
}

/** Runs the body of each message, which finds the message in `m`; what that throws is printed. */
const RUNS: Both = {
    js: `function run(m) { try { Function("m", "run", m.body)(m, run); } catch (e) { print("threw " + e); } }
toque.on("message", run);
toque.on("state", function (state) { print("state " + state); });`,
    lua: `toque = require("toque")
function run(message)
    m = message
    local fine, e = pcall((loadstring or load)(message.body))
    if not fine then print("threw " .. e) end
end
toque.on("message", run)
toque.on("state", function(state) print("state " .. state) end)`,
};

/** A call of \`toque.send\` with these fields, whose outcome is printed behind the name. */
function sending(name: string, fields: Record<string, string | number>): Both {
    const pairs = Object.entries(fields).map(([field, value]) => [field, JSON.stringify(value)] as const);
    return {
        js: `toque.send({${pairs.map(([field, value]) => `${field}:${value}`).join()}},function(why,id){print("${name} "+(why||"accepted")+" "+(id||"-"))})`,
        lua: `toque.send({${pairs.map(([field, value]) => `${field}=${value}`).join()}},function(why,id)print("${name} "..(why or "accepted").." "..(id or "-"))end)`,
    };
}

/** Calls, and the sentence that each one throws. */
const WRONG: [js: string, lua: string, sentence: string][] = [
    ['toque.on("mesage",run)', 'toque.on("mesage",run)', 'toque.on: the first argument is "message" or "state"'],
    ["toque.on()", "toque.on()", 'toque.on: the first argument is "message" or "state"'],
    ['toque.on("message")', 'toque.on("message")', "toque.on: the second argument is the handler, a function"],
    ['toque.on("state",5)', 'toque.on("state",5)', "toque.on: the second argument is the handler, a function"],
    ["toque.send()", "toque.send()", "toque.send: the first argument is a message with to and body"],
    ['toque.send("hi")', 'toque.send("hi")', "toque.send: the first argument is a message with to and body"],
    ['toque.send({body:"b"})', 'toque.send({body="b"})', 'toque.send: to is a number, such as "+34600111222"'],
    ['toque.send({to:346,body:"b"})', 'toque.send({to=346,body="b"})', 'toque.send: to is a number, such as "+34600111222"'],
    ['toque.send({to:"+346"})', 'toque.send({to="+346"})', "toque.send: body is a text"],
    ['toque.send({to:"+346",body:5})', 'toque.send({to="+346",body=5})', "toque.send: body is a text"],
    ['toque.send({to:"",body:"",title:5})', 'toque.send({to="",body="",title=5})', "toque.send: title is a text"],
    ['toque.send({to:"",body:"",urgency:5})', 'toque.send({to="",body="",urgency=5})', "toque.send: urgency is very-low, low, normal or high"],
    ['toque.send({to:"",body:"",collapseKey:5})', 'toque.send({to="",body="",collapseKey=5})', "toque.send: collapseKey is a text"],
    ['toque.send({to:"",body:"",id:5})', 'toque.send({to="",body="",id=5})', "toque.send: id is a text"],
    ['toque.send({to:"",body:"",ttl:"5"})', 'toque.send({to="",body="",ttl="5"})', "toque.send: ttl is a whole number of seconds"],
    ['toque.send({to:"",body:"",ttl:-1})', 'toque.send({to="",body="",ttl=-1})', "toque.send: ttl is a whole number of seconds"],
    ['toque.send({to:"",body:"",ttl:1.5})', 'toque.send({to="",body="",ttl=1.5})', "toque.send: ttl is a whole number of seconds"],
    ['toque.send({to:"",body:""},5)', 'toque.send({to="",body=""},5)', "toque.send: the second argument is a function"],
    ["toque.read()", "toque.read()", "toque.read: the argument is a message's sequence"],
    ['toque.read("1")', 'toque.read("1")', "toque.read: the argument is a message's sequence"],
    ["toque.read(0)", "toque.read(0)", "toque.read: the argument is a message's sequence"],
]; // prettier-ignore

let folder: string;
let gateway: RunningGateway;
before(async () => {
    folder = mkdtempSync(join(tmpdir(), "toque-interface-"));
    gateway = await runGateway();
});
after(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
});

/** A board as a person flashed it. */
async function flash(t: TestContext, options: DeviceOptions, source: Both): Promise<EmulatedDevice> {
    const app = join(folder, `${options.route}.app`);
    writeFileSync(app, options.runtime === "lua" ? source.lua : source.js);
    const board = await startDevice({ ...options, bare: true, app });
    t.after(() => board.close());
    return board;
}

/** A board with a number of its own, online at the gateway. */
class Bench {
    private constructor(
        readonly board: EmulatedDevice,
        readonly number: string,
    ) {}

    static async online(
        t: TestContext,
        subject: Subject,
        number: string,
        source: Both,
        waiting: string[] = [],
    ): Promise<Bench> {
        const { route, secret } = await gateway.register(number);
        for (const body of waiting) await gateway.send(number, body);
        const { runtime, options } = subject;
        const given = { runtime, ...options, gateway: gateway.address, number, route, secret };
        return new Bench(await flash(t, given, source), number);
    }

    /** Sends it what to run. */
    run(both: Both) {
        return gateway.send(this.number, this.board.runtime === "lua" ? both.lua : both.js);
    }

    /** Waits for a line that begins so. @returns the words behind */
    async line(begin: string): Promise<string[]> {
        const found = (): string | undefined => this.board.screen.find((line) => line.startsWith(begin + " "));
        await this.board.until(() => found() !== undefined, 60_000);
        return found()!
            .slice(begin.length + 1)
            .split(" ");
    }
}

describe("the interface of applications", { concurrency: 2 }, () => {
    for (const [index, subject] of withGenuine("espruino-sim", "lua").entries()) {
        const { name, runtime } = subject;
        const number = (kind: number): string => `+346005557${kind}${index}`;

        test(`${name}: toque.send, with its outcome`, TIMEOUT, async (t) => {
            const bench = await Bench.online(t, subject, number(0), RUNS);
            const ids = async (both: Both, line: string): Promise<string[]> => {
                await bench.run(both);
                return bench.line(line);
            };

            // to itself: what comes prints its own fields
            const body = {
                js: "print('got '+m.title+' '+m.urgency+' '+m.collapseKey+' '+m.from)",
                lua: "print('got '..m.title..' '..m.urgency..' '..m.collapseKey..' '..m.from)",
            }[runtime === "lua" ? "lua" : "js"];
            const all = { to: number(0), title: "T", urgency: "high", ttl: 60, collapseKey: "K", id: "own", body };
            const [why, id] = await ids(sending("first", all), "first");
            assert.equal(why, "accepted");
            assert.deepEqual(await bench.line("got"), ["T", "high", "K", number(0)]);
            assert.equal((await gateway.receipt(id!)).id, id);

            const plain = { to: number(0), body: "m=m", id: "twice" };
            const [, once] = await ids(sending("once", plain), "once");
            assert.deepEqual(await ids(sending("again", plain), "again"), ["accepted", once]);
            assert.deepEqual(await ids(sending("other", { ...plain, body: "m = m" }), "other"), ["conflict", "-"]);
            assert.deepEqual(await ids(sending("nobody", { to: "+34600555999", body: "b" }), "nobody"), [
                "unknown_number",
                "-",
            ]);

            // sent while there is no Wi-Fi
            const late = sending("late", plain)[runtime === "lua" ? "lua" : "js"];
            await ids(
                {
                    js: `toque.on("state",function(s){if(s==="offline"){${late}}});print("ready now")`,
                    lua: `toque.on("state",function(s)if s=="offline" then ${late} end end)print("ready now")`,
                },
                "ready",
            );
            await bench.board.linkDown();
            await bench.board.linkUp();
            assert.deepEqual(await bench.line("late"), ["accepted", once]);
        });

        test(`${name}: toque.read, status, time, settings, and one handler an event`, TIMEOUT, async (t) => {
            const bench = await Bench.online(t, subject, number(1), RUNS);
            await bench.board.until(({ screen }) => screen.includes("state online"), 60_000);
            const own = await bench.run({
                js: `toque.read(m.sequence);var s=toque.status();print("status "+[s.state,s.number,s.gateway,s.version,s.firmware,s.free>1000,s.sequence].join(" "));print("time "+toque.time());print("settings "+toque.settings.number+" "+toque.settings.host)`,
                lua: `toque.read(m.sequence)local s=toque.status()print("status "..table.concat({s.state,s.number,s.gateway,s.version,s.firmware,tostring(s.free>1000),s.sequence}," "))print("time "..toque.time())print("settings "..toque.settings.number.." "..toque.settings.host)`,
            });
            const [state, who, where, ...rest] = await bench.line("status");
            assert.deepEqual([state, who], ["online", number(1)]);
            assert.match(where!, /^127\.0\.0\.1:\d+$/);
            assert.match(rest.join(" "), /^\d+\.\d+\.\d+\S* .+ true 0$/, "this message is not taken yet");
            const [time] = await bench.line("time");
            assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 86_400, time);
            assert.deepEqual(await bench.line("settings"), [number(1), "127.0.0.1"]);
            await eventually("read", async () => (await gateway.receipt(own.id)).state === "read");

            await bench.run({
                js: `print("sequence "+toque.status().sequence);toque.on("message",function(m){print("second "+m.body)})`,
                lua: `print("sequence "..toque.status().sequence)toque.on("message",function(m)print("second "..m.body)end)`,
            });
            assert.deepEqual(await bench.line("sequence"), ["1"]);
            await gateway.send(number(1), "hello");
            assert.deepEqual(await bench.line("second"), ["hello"]);
        });

        test(`${name}: wrong arguments get a sentence`, TIMEOUT, async (t) => {
            const bench = await Bench.online(t, subject, number(2), RUNS);
            for (const [js, lua] of WRONG) await bench.run({ js, lua });
            await bench.run({ js: 'print("the end")', lua: 'print("the end")' });
            await bench.line("the");
            const thrown = bench.board.screen.filter((line) => line.startsWith("threw ")).map((line) => line.slice(6));
            assert.deepEqual(
                thrown,
                WRONG.map(([, , sentence]) => sentence),
            );
        });

        for (const [kind, state] of [
            [3, "connecting"],
            [4, "online"],
        ] as const) {
            test(`${name}: a handler that is given while the board is ${state} gets what waits`, TIMEOUT, async (t) => {
                const given = {
                    js: `toque.on("state",function(s){if(s==="${state}")toque.on("message",function(m){print("late "+m.body)})})`,
                    lua: `toque=require("toque")toque.on("state",function(s)if s=="${state}" then toque.on("message",function(m)print("late "..m.body)end)end end)`,
                };
                const { board } = await Bench.online(t, subject, number(kind), given, ["one", "two"]);
                await board.until(({ screen }) => screen.includes("late two"), 60_000);
                const late = board.screen.filter((line) => line.startsWith("late"));
                assert.deepEqual(late, ["late one", "late two"]);
            });
        }

        test(`${name}: a message that the handler wants later keeps those behind it`, TIMEOUT, async (t) => {
            const scripted = await ScriptedGateway.listen();
            t.after(() => scripted.close());
            const at = { host: "127.0.0.1", port: scripted.port };
            const given = { runtime, ...subject.options, gateway: at, number: NUMBER, route: ROUTE, secret: SECRET };
            const board = await flash(t, given, {
                js: 'var busy=true;toque.on("message",function(m){print("asked "+m.body);if(busy){busy=false;return false}})',
                lua: 'local busy=true require("toque").on("message",function(m)print("asked "..m.body)if busy then busy=false return false end end)',
            });
            const first = await greet(await scripted.accept());
            first.send(push(1, "one"), push(2, "two"));
            const again = await first.receivePublish(`out/${ROUTE}/reg`);
            assert.equal((JSON.parse(again.payload) as { w: number }).w, 0);
            first.send(puback(again.messageId));
            first.reset();
            const next = await greet(await scripted.accept());
            next.send(push(1, "one"));
            await next.receive("puback");
            next.send(push(2, "two"));
            await next.receive("puback");
            const asked = board.screen.filter((line) => line.startsWith("asked "));
            assert.deepEqual(asked, ["asked one", "asked one", "asked two"]);
        });
    }
});
