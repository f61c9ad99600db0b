/**
 * `node --import tsx test/emulator/espruino/measure.ts`: the JsVars that the built bundle takes, online and at rest, on the interpreter that
 * ESPRUINO_8266 names (1,600 variables, Unicode off, as ESP8266 boards are), run from flash, against a real gateway. One line of JSON:
 *
 *     {"usedVars":…,"boardVars":…,"totalVars":1600}
 *
 * `boardVars` is of the interpreter alone; what the emulator's Wifi module takes, which is in a board's firmware, is in neither.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runGateway } from "../../support/gateway.ts";
import type { DeviceOptions, EmulatedDevice } from "../../../emulator/device.ts";
import { slotFiles } from "../../../emulator/settings.ts";
import { startDevice } from "../../../emulator/start.ts";
import { pause } from "../../support/eventually.ts";
import { writeStorage } from "../../../emulator/espruino/storage.ts";

const BUNDLE = fileURLToPath(new URL("../../../dist/espruino/toque.js", import.meta.url));

export interface Measured {
    usedVars: number;
    boardVars: number;
    totalVars: number;
}

const ONLINE_MS = 20_000;

/** When it takes as many variables as so long before, it is at rest. */
const REST_MS = 500;

async function usedBy(options: DeviceOptions, settled: (device: EmulatedDevice) => Promise<void>): Promise<number> {
    const device = await startDevice({ ...options, runtime: "espruino", bare: true });
    try {
        await settled(device);
        let used = NaN;
        for (;;) {
            const before = used;
            used = (await device.memory()).used;
            if (used === before) return used;
            await pause(REST_MS); // the gateway's hello is still on its way, or what was said to it not yet acknowledged
        }
    } finally {
        await device.close();
    }
}

/** What the interpreter takes for itself. */
function usedByBoard(interpreter: string, folder: string): { boardVars: number; totalVars: number } {
    const input = '\x10var m=process.memory();print("#"+m.usage+" "+m.total)\n\x10quit()\n';
    const said = execFileSync(interpreter, [], { cwd: folder, input, encoding: "latin1", stdio: "pipe" });
    const found = /#(\d+) (\d+)/.exec(said);
    if (found === null) throw new Error(`${interpreter} does not tell its memory:\n${said}`);
    return { boardVars: Number(found[1]), totalVars: Number(found[2]) };
}

/** What a person's program in RAM begins with: sending it there has ended the one in flash. */
export const FROM_RAM = 'eval(require("Storage").read(".bootcde"))';

/** How long a typed line may take. */
const TYPED_MS = 800;

/**
 * The same when Toque is started by a program in RAM, as it is while a person works on that. The program takes a message.
 * @returns the variables, its own included, and the message's body as it printed it
 */
export async function measureFromRam(interpreter: string): Promise<Measured & { printed: string | undefined }> {
    const folder = mkdtempSync(join(tmpdir(), "toque-ram-"));
    const gateway = await runGateway();
    let child: ChildProcessWithoutNullStreams | undefined;
    try {
        const { boardVars, totalVars } = usedByBoard(interpreter, folder);
        const { route, secret, number } = await gateway.register("+34600111222");
        const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
        const files = new Map([
            [".bootcde", readFileSync(BUNDLE, "latin1")],
            [
                "Wifi",
                readFileSync(fileURLToPath(new URL("../../../emulator/espruino/wifi.js", import.meta.url)), "latin1"),
            ],
            [".boot0", "echo(0)"],
            ...slotFiles({ runtime: "espruino", gateway: at, route, secret }),
        ]);
        writeStorage(interpreter, folder, files);
        const board = spawn(interpreter, [], { cwd: folder, stdio: "pipe" });
        child = board;
        let said = "";
        board.stdout.on("data", (data: Buffer) => (said += data.toString("latin1")));
        const type = async (line: string, printed?: RegExp): Promise<string | undefined> => {
            board.stdin.write(`\x10${line}\n`);
            const deadline = Date.now() + ONLINE_MS;
            do await pause(TYPED_MS);
            while (printed !== undefined && !printed.test(said) && Date.now() < deadline);
            return printed?.exec(said)?.[1];
        };
        const usage = (name: string): Promise<string | undefined> =>
            type(`print("#${name} "+process.memory().usage)`, new RegExp(`#${name} (\\d+)`));
        await type("");
        await type("reset()");
        const before = await usage("before");
        await type('echo(0);require("Wifi")');
        const module = Number(await usage("module")) - Number(before);
        await type(FROM_RAM);
        await type('onPush=function(message){print("#got "+message.body)}');
        await type('require("Wifi").happen("127.0.0.1","connected")', /toque: (online)/);
        await gateway.ask("POST", "/v1/messages", { body: { to: number, body: "hello" } });
        const printed = await type("", /#got (\w+)/);
        return { usedVars: Number(await usage("online")) - module, boardVars, totalVars, printed };
    } finally {
        child?.kill("SIGKILL");
        await gateway.stop();
        rmSync(folder, { recursive: true, force: true });
    }
}

/** @param interpreter path of the interpreter @param program another one than the built bundle */
export async function measureVars(interpreter: string, program?: string): Promise<Measured> {
    const folder = mkdtempSync(join(tmpdir(), "toque-measure-"));
    const gateway = await runGateway();
    try {
        const { boardVars, totalVars } = usedByBoard(interpreter, folder);
        const { route, secret } = await gateway.register("+34600111222");
        const at = { host: "127.0.0.1", port: gateway.gateway.mqttPort };
        const options: DeviceOptions = { runtime: "espruino", interpreter, gateway: at, route, secret };
        const empty = join(folder, "empty.js");
        writeFileSync(empty, ";");
        const withModule = await usedBy({ ...options, startsDown: true, program: empty }, () => Promise.resolve());
        const online = await usedBy({ ...options, program }, (device) =>
            device.until(({ states }) => states.at(-1)?.state === "online", ONLINE_MS),
        );
        return { usedVars: online - (withModule - boardVars), boardVars, totalVars };
    } finally {
        await gateway.stop();
        rmSync(folder, { recursive: true, force: true });
    }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const interpreter = process.env.ESPRUINO_8266;
    if (interpreter === undefined || interpreter === "") {
        console.error("ESPRUINO_8266 is not set: it names an Espruino interpreter with 1,600 variables, Unicode off.");
        process.exitCode = 1;
    } else {
        console.log(JSON.stringify(await measureVars(interpreter, process.argv[2])));
    }
}
