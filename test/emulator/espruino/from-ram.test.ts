/** A person tries a program in RAM, as the Web IDE sends it: behind a reset. Toque is there all the same. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ESPRUINO_BUNDLE } from "../../../bundler/espruino/build.ts";
import { ROOT } from "../../../bundler/output.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";
import { slotFiles } from "../../../emulator/settings.ts";
import { greet, push, ROUTE, SECRET } from "../../runtimes/stage.ts";
import { eventually } from "../../support/eventually.ts";
import { ScriptedGateway } from "../../support/scripted-gateway.ts";

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable] ?? "";
    const skip = interpreter === "" ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`from RAM on ${variable}: a program there finds Toque, and gets a message`, { skip }, async (t) => {
        const folder = mkdtempSync(join(tmpdir(), "toque-ram-"));
        const gateway = await ScriptedGateway.listen();
        const at = { host: "127.0.0.1", port: gateway.port };
        const files = new Map([
            [".boot0", readFileSync(ESPRUINO_BUNDLE, "latin1")],
            [".bootcde", 'print("#saved program")'],
            ["Wifi", readFileSync(join(ROOT, "emulator/espruino/wifi.js"), "latin1")],
            [".bootPowerOn", "echo(0)"],
            ...slotFiles({ runtime: "espruino", gateway: at, route: ROUTE, secret: SECRET }),
        ]);
        writeStorage(interpreter, folder, files);
        const board = spawn(interpreter, [], { cwd: folder, stdio: "pipe" });
        t.after(async () => {
            board.kill("SIGKILL");
            await gateway.close();
            rmSync(folder, { recursive: true, force: true });
        });
        let printed = "";
        board.stdout.on("data", (data: Buffer) => (printed += data.toString("latin1")));
        let typed = 0;
        /** Types a line. @returns the variables in use behind it */
        const type = async (line: string): Promise<number> => {
            const usage = new RegExp(`#${++typed} (\\d+)`);
            board.stdin.write(`\x10${line}\n\x10print("#${typed} "+process.memory().usage)\n`);
            await eventually(
                () => `${line}: ${printed}`,
                () => usage.test(printed),
            );
            return Number(usage.exec(printed)![1]);
        };
        await type("reset()");
        await type("echo(0)");
        await type('toque.on("message",function(message){print("#got "+message.body)})');
        await type('require("Wifi").happen("127.0.0.1","connected")');
        const peer = await greet(await gateway.accept());
        peer.send(push(1, "hello"));
        await peer.receive("puback");
        await eventually("the message", () => printed.includes("#got hello"));
        assert.equal(printed.match(/#saved program/g)?.length, 1, "it ran at power on, and not after the reset");
    });
}
