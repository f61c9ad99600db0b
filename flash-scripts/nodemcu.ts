/** Puts Toque on a board that runs NodeMCU (ESP32, ESP8266): toque.lua, init.lua, the application, settings and credentials. */
import { LuaConsole } from "./lua-console.ts";
import { FlashError, type Plan, type Progress, slotFiles } from "./plan.ts";
import type { Port } from "./port.ts";

const PROGRAM = "toque.lua";
/** The new program when it is whole: init.lua takes it when a cut left no `toque.lua`. */
const NEXT = "toque.next";
const NEEDED = ["file", "net", "node", "tmr", "wifi"];

/** Writes all of it and restarts the board. @throws FlashError */
export async function flashNodemcu(port: Port, plan: Plan, progress: Progress): Promise<void> {
    const board = new LuaConsole(port);
    await board.greet();
    const missing = await board.ask(NEEDED.map((name) => `(${name} and "" or "${name} ")`).join(".."));
    if (missing !== "")
        throw new FlashError(`The board's NodeMCU has no module ${missing.trim()}: build it with it (docs/boards.md).`);
    if ((await board.ask("3/2")) !== "1.5")
        throw new FlashError("The board's NodeMCU is an integer build. Toque needs a float build (docs/boards.md).");
    progress.note(
        `NodeMCU with ${await board.ask("_VERSION")} answers: ${await board.ask("node.heap()")} octets of heap free.`,
    );

    const hasApp = (await board.ask(`file.exists("app.lua") or file.exists("app.lc")`)) === "true";
    const app = plan.app ?? (hasApp ? undefined : plan.firstApp);
    const files = new Map([
        ...plan.bundle,
        ...(app === undefined ? [] : [["app.lua", app] as const]),
        ...slotFiles(plan),
    ]);
    const of = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    let before = 0;
    let last = "";
    for (const [name, octets] of files) {
        if (octets.length === 0) await board.type(`file.remove("${name}")`);
        else if (!(await board.has(name, octets))) {
            // The program reads its functions from its file while it runs, and a cut leaves a half: so a file has its name when it is whole.
            const draft = name.replace(/(\.lua)?$/, ".new");
            await board.write(draft, octets, (sent) => progress.sent(before + sent, of));
            const put = (from: string, to: string) => `file.remove("${to}") file.rename("${from}","${to}")`;
            if (name === PROGRAM) {
                await board.type(put(draft, NEXT));
                last = put(NEXT, PROGRAM);
            } else await board.type(put(draft, name));
        }
        before += octets.length;
    }
    board.end(`${last} node.restart()`);
}
