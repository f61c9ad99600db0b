/** `toque flash` at the other end of a NodeMCU's console. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BOARDS, FlashError, PRINTS, flash } from "../../../flash-scripts/flash.ts";
import { LUAS, putOnBench } from "./bench.ts";
import type { Bench } from "./bench.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The console: each line is echoed and run, what it prints comes back, then the prompt. */
async function serveConsole(bench: Bench, socket: Socket): Promise<void> {
    let rest = "";
    socket.setEncoding("latin1");
    for await (const data of socket as AsyncIterable<string>) {
        const lines = (rest + data).split("\r\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
            const before = bench.screen.lines.length;
            const done = bench.board.type(line);
            if (line.includes("node.restart()")) return; // nothing answers any more
            await done;
            socket.write(`${line}\n${bench.screen.lines.slice(before).join("\n")}\n> `, "latin1");
        }
    }
}

for (const { interpreter, skip } of LUAS) {
    test(
        `${interpreter}: flashed over its console, the board has the new program after the restart, whole`,
        { skip, timeout: 240_000 },
        async (t) => {
            const bench = putOnBench(t, interpreter, {});
            bench.flash.put("toque.lua", Buffer.from("print('the old program')"));
            await bench.board.start();
            const server = createServer((socket) => void serveConsole(bench, socket).catch(() => socket.destroy()));
            server.listen(0, "127.0.0.1");
            await once(server, "listening");
            t.after(() => server.close());
            const restarted = once(bench.screen.events, "gone");
            const names = ["init.lua", "toque.lua"];
            const plan = {
                board: BOARDS["nodemcu-esp8266"]!,
                port: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
                bundle: new Map(names.map((name) => [name, readFileSync(`${ROOT}dist/nodemcu/${name}`)])),
                settings: { host: "127.0.0.1", port: 1883, number: "+34600111222" },
                credentials: { route: "abcdefghijklmnop", secret: "abcdefghijklmnopqrstuv" },
                app: undefined,
                firstApp: Buffer.from(PRINTS.nodemcu!),
            };
            const notes: string[] = [];
            const progress = { note: (text: string) => void notes.push(text), sent: () => undefined };
            // this console ends with the restart, so nobody sees that the board is online
            const away = (error: unknown) =>
                error instanceof FlashError && /is not online after 0 s/.test(error.message);
            await assert.rejects(flash(plan, progress, 0), away);
            assert.match(notes[0]!, /^NodeMCU with Lua 5\.\d answers: \d+ octets of heap free\.$/);
            assert.deepEqual(await restarted, ["restart"]);
            const files = bench.flash.files();
            assert.ok(files.get("toque.lua")?.equals(readFileSync(`${ROOT}dist/nodemcu/toque.lua`)));
            assert.ok(files.get("init.lua")?.equals(readFileSync(`${ROOT}dist/nodemcu/init.lua`)));
            assert.equal(files.get("app.lua")!.toString(), PRINTS.nodemcu);
            assert.equal(files.has("toque.new") || files.has("toque.next") || files.has("init.new"), false);
            assert.match(files.get("toque-config0")!.toString("latin1"), /"number":"\+34600111222"/);
            assert.match(files.get("toque-credentials0")!.toString("latin1"), /"route":"abcdefghijklmnop"/);
        },
    );
}
