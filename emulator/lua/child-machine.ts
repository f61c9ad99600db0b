import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BoardKind, LuaMachine, MachineListener } from "./machine.ts";
import { firmware, loopPart } from "./machine.ts";

const WRITE = `
local from, to = io.stdin, io.stdout
F.read = function() return from:read("*l") end
F.write = function(line) to:write(line, "\\n") to:flush() end`;

/** Lua as a process of its own. @param program the interpreter: it is given a Lua file */
export function startChild(program: string, kind: BoardKind, mac: string, listener: MachineListener): LuaMachine {
    const folder = mkdtempSync(join(tmpdir(), "toque-lua-"));
    const file = join(folder, "firmware.lua");
    writeFileSync(file, firmware(kind, mac, WRITE, loopPart()));
    const child = spawn(program, [file], { stdio: ["pipe", "pipe", "pipe"] });
    let closed = false;
    let pending = 0;
    let errors = "";
    let waiting: (() => void)[] = [];

    function settle(): void {
        for (const resolve of waiting) resolve();
        waiting = [];
    }

    child.stdin.on("error", () => undefined); // it is gone: "close" follows
    child.stderr.on("data", (data: Buffer) => (errors += data.toString("latin1")));
    child.on("error", (error) => (errors += String(error)));
    child.on("close", () => {
        rmSync(folder, { recursive: true, force: true });
        settle();
        if (!closed) listener.gone(`${program} ended: ${errors.trim()}`);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
        if (!closed) listener.line(line.split(" "));
        if (line !== "done") return;
        pending--;
        if (pending === 0) settle();
    });

    return {
        post(line) {
            if (closed) return;
            pending++;
            child.stdin.write(line + "\n");
        },
        settled: () => (pending === 0 || closed ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
        close() {
            closed = true;
            child.kill("SIGKILL");
            settle();
        },
    };
}
