/** The emulated firmware's own behaviour: what docs and sources of NodeMCU say of `net` and `wifi`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BOARDS, joinWifi, listen, LUAS, putOnBench } from "./bench.ts";

/** A client that prints what happens to it; `c` is its socket. */
const CLIENT = `
function hex(s) return (string.gsub(s, ".", function(c) return string.format("%02x", string.byte(c)) end)) end
function client(port)
    c = net.createConnection()
    c:on("connection", function() print("connection") end)
    c:on("receive", function(_, data) print("receive " .. #data .. " " .. hex(string.sub(data, 1, 256))) end)
    c:on("sent", function() print("sent") end)
    c:on("disconnection", function(_, code) print("disconnection " .. code) end)
    c:connect(port, "127.0.0.1")
    print("asked")
end`;

const ALL_OCTETS = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

for (const { interpreter, kind, skip } of BOARDS) {
    const name = `${kind} on ${interpreter}`;

    test(`${name}: connecting is asynchronous, and octets are octets`, { skip }, async (t) => {
        const port = await listen(t, (socket) => socket.on("data", (data) => socket.write(data)));
        const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
        await bench.board.start();
        await joinWifi(bench);
        await bench.board.type(`client(${port})`);
        await bench.shows("connection");
        const all = [...ALL_OCTETS].map((octet) => `\\${String(octet).padStart(3, "0")}`).join("");
        await bench.board.type(`c:send("${all}")`);
        await bench.shows(`receive 256 ${ALL_OCTETS.toString("hex")}`);
        await bench.shows("sent");
        assert.deepEqual(bench.screen.lines.slice(0, 2), ["asked", "connection"]);
    });

    test(`${name}: nothing is reported after close, and it throws a second time`, { skip }, async (t) => {
        const ended = new Promise<void>((resolve) => {
            void listen(t, (socket) => {
                socket.on("data", () => socket.end("late"));
                socket.on("close", () => resolve());
            }).then(async (port) => {
                await bench.board.start();
                await joinWifi(bench);
                await bench.board.type(`client(${port})`);
                await bench.shows("connection");
                await bench.board.type(`c:send("x") c:close() print(pcall(c.close, c))`);
            });
        });
        const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
        await ended;
        await bench.board.settled();
        const [after] = bench.screen.lines.slice(2);
        assert.match(after ?? "", /^false\t.*not connected/);
        assert.equal(bench.screen.lines.length, 3);
    });

    test(`${name}: the peer's FIN is a disconnection without an error`, { skip }, async (t) => {
        const port = await listen(t, (socket) => socket.end());
        const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
        await bench.board.start();
        await joinWifi(bench);
        await bench.board.type(`client(${port})`);
        await bench.shows("disconnection 0");
    });

    test(`${name}: a new address aborts connections, or leaves them as black holes`, { skip }, async (t) => {
        for (const onNewAddress of ["abort", "black-hole"] as const) {
            const closed: string[] = [];
            const port = await listen(t, (socket) => socket.on("close", () => closed.push("closed")));
            const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind, onNewAddress });
            await bench.board.start();
            if (kind === "esp32")
                await bench.board.type(`wifi.mode(1) wifi.sta.config({ssid="x"}) wifi.start() wifi.sta.connect()`);
            await joinWifi(bench);
            await bench.board.type(`client(${port})`);
            await bench.shows("connection");
            bench.radio.move("127.0.0.8");
            await bench.board.wifi("connected", "127.0.0.8");
            await bench.board.type(`print(pcall(c.send, c, "lost"))`);
            await new Promise((resolve) => setImmediate(resolve));
            await bench.board.settled();
            const lines = bench.screen.lines.slice(2).join("\n");
            if (onNewAddress === "abort") assert.match(lines, /^disconnection -8\nfalse\t.*not connected$/);
            else assert.match(lines, /^true/);
            assert.deepEqual(closed, [], "nothing reaches the peer");
        }
    });

    test(`${name}: a callback's error restarts the board`, { skip }, async (t) => {
        const port = await listen(t, () => undefined);
        const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
        await bench.board.start();
        await joinWifi(bench);
        await bench.board.type(`client(${port}) c:on("connection", function() error("oops") end)`);
        while (bench.gone.length === 0) await new Promise((resolve) => setImmediate(resolve));
        assert.match(bench.gone[0] ?? "", /oops/);
    });
}

for (const { interpreter, skip } of LUAS) {
    test(`${interpreter}: two sends before "sent": one is reported on ESP8266, none on ESP32`, { skip }, async (t) => {
        for (const kind of ["esp8266", "esp32"] as const) {
            let got = "";
            const port = await listen(t, (socket) => {
                socket.on("data", (data) => {
                    got += data.toString("latin1");
                    if (got === "onetwo") socket.write("all");
                });
            });
            const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
            await bench.board.start();
            await joinWifi(bench);
            await bench.board.type(`client(${port})`);
            await bench.shows("connection");
            await bench.board.type(`c:send("one") c:send("two")`);
            await bench.shows("receive 3 616c6c");
            if (kind === "esp8266") await bench.shows("sent"); // may come later than the answer
            const reported = bench.screen.lines.filter((line) => line === "sent").length;
            assert.equal(reported, kind === "esp8266" ? 1 : 0);
        }
    });

    test(
        `${interpreter}: more than the send buffer: ESP8266 writes nothing, ESP32 a part, and both throw`,
        { skip },
        async (t) => {
            for (const kind of ["esp8266", "esp32"] as const) {
                let got = 0;
                const port = await listen(t, (socket) => socket.on("data", (data) => (got += data.length)));
                const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { kind });
                await bench.board.start();
                await joinWifi(bench);
                await bench.board.type(`client(${port})`);
                await bench.shows("connection");
                await bench.board.type(`print(pcall(c.send, c, string.rep("x", 6000))) c:on("sent", nil)`);
                await bench.board.type(kind === "esp8266" ? `c:send("y") c:close()` : `c:close()`);
                const line = bench.screen.lines[2] ?? "";
                if (kind === "esp8266") assert.match(line, /^false\t.*out of memory/);
                else assert.match(line, /^false\t.*buffer error/);
                while (got === 0) await new Promise((resolve) => setImmediate(resolve));
                assert.equal(got, kind === "esp8266" ? 1 : 5744);
            }
        },
    );

    test(`${interpreter}: what arrives comes in pieces of a segment, or smaller ones`, { skip }, async (t) => {
        for (const chunkOctets of [1460, 100]) {
            const port = await listen(t, (socket) => socket.write(Buffer.alloc(3000, "z")));
            const bench = putOnBench(t, interpreter, { "a.lua": CLIENT }, { chunkOctets });
            await bench.board.start();
            await joinWifi(bench);
            await bench.board.type(`total = 0 client(${port})
                c:on("receive", function(_, data) total = total + #data  most = math.max(most or 0, #data)
                    if total == 3000 then print("most " .. most) end end)`);
            await bench.shows(`most ${chunkOctets}`);
        }
    });

    test(`${interpreter}: a look-up's answer, its two forms, no such name, and a full table`, { skip }, async (t) => {
        for (const kind of ["esp8266", "esp32"] as const) {
            const bench = putOnBench(t, interpreter, { "a.lua": "" }, { kind });
            bench.radio.names = { here: "10.1.2.3", nowhere: "fails", never: "hangs" };
            await bench.board.start();
            await joinWifi(bench);
            await bench.board.type(`function look(host) net.dns.resolve(host, function(a, b)
                print(host .. " " .. tostring(a) .. " " .. tostring(b)) end) end`);
            await bench.board.type(`look("here") look("nowhere") print("asked") look("127.0.0.1") print("after")`);
            const form = (address: string): string => (kind === "esp8266" ? `nil ${address}` : `${address} nil`);
            await bench.shows(`here ${form("10.1.2.3")}`);
            await bench.shows("nowhere nil nil");
            await bench.shows(`127.0.0.1 ${form("127.0.0.1")}`);
            const order = bench.screen.lines.map((line) => line.split(" ")[0]);
            // ESP8266 answers for an address before it returns
            assert.equal(order.indexOf("127.0.0.1") < order.indexOf("after"), kind === "esp8266");
            await bench.board.type(`for i = 1, 4 do look("never") end print(pcall(look, "never"))`);
            assert.match(bench.screen.lines.at(-1) ?? "", /^false\t.*out of memory/);
        }
    });

    const collects = skip !== false ? skip : interpreter === "fengari" ? "fengari collects no garbage" : false;
    test(`${interpreter}: a handler with its socket as an upvalue is never freed`, { skip: collects }, async (t) => {
        const bench = putOnBench(t, interpreter, { "a.lua": CLIENT });
        await bench.board.start();
        await bench.board.type(`freed = 0 watched = setmetatable({}, { __mode = "k" })
            function make(keeps)
                local s = net.createConnection()
                watched[s] = true
                if keeps then s:on("sent", function() return s end) else s:on("sent", function(same) return same end) end
            end
            function left() for _ = 1, 3 do collectgarbage() end local n = 0 for _ in pairs(watched) do n = n + 1 end return n end
            make(true)`);
        assert.equal(await bench.board.ask("left()"), "1");
        await bench.board.type("make(false)");
        assert.equal(await bench.board.ask("left()"), "1");
    });
}
