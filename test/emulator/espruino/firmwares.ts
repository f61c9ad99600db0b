/**
 * `npm run firmwares -- PATH…`: whether the bundle comes online and shows a push on each of these Espruinos, built for this computer. Without
 * arguments TOQUE_FIRMWARES has their paths, with ":" between them. Give every release from the oldest that Toque runs on to the newest.
 */
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { delimiter } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAll } from "../../../bundler/build.ts";
import { OLDEST } from "../../../bundler/espruino/firmware.ts";
import { startDevice } from "../../../emulator/start.ts";
import { runGateway } from "../../support/gateway.ts";

const NUMBER = "+34600111222";
const BODY = "Dinner is ready";
const VERSION_MS = 10_000;
const SHOWN_MS = 60_000;

function versionOf(interpreter: string): string {
    const options = { cwd: tmpdir(), encoding: "latin1", timeout: VERSION_MS } as const;
    const printed = execFileSync(interpreter, ["-e", 'print("#"+process.env.VERSION+"#")'], options);
    return /#(.+)#/.exec(printed)?.[1] ?? "of no version";
}

/** Rejects with what the board's screen showed last. */
async function showPush(interpreter: string): Promise<void> {
    const gateway = await runGateway();
    try {
        const { route, secret, number } = await gateway.register(NUMBER);
        const board = { runtime: "espruino", interpreter, gateway: gateway.address, route, secret } as const;
        const device = await startDevice(board);
        try {
            await gateway.ask("POST", "/v1/messages", { body: { to: number, body: BODY } });
            await device.until(({ shown }) => shown.at(-1)?.body === BODY, SHOWN_MS);
        } finally {
            await device.close();
        }
    } finally {
        await gateway.stop();
    }
}

/** Tries each interpreter. @returns the exit code */
export async function tryFirmwares(paths: string[], write: (line: string) => void): Promise<number> {
    if (paths.length === 0) {
        write(
            `Give paths of Espruinos built for this computer, from ${OLDEST} on: npm run firmwares -- PATH…, or TOQUE_FIRMWARES=PATH:PATH.`,
        );
        return 2;
    }
    let code = 0;
    for (const path of paths) {
        try {
            const version = versionOf(path);
            await showPush(path);
            write(`ok   ${version}, ${path}: online, and shows a push`);
        } catch (error) {
            write(`FAIL ${path}: ${error instanceof Error ? error.message : String(error)}`);
            code = 1;
        }
    }
    return code;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const given = process.argv.slice(2);
    const named = (process.env.TOQUE_FIRMWARES ?? "").split(delimiter).filter((path) => path !== "");
    const paths = given.length > 0 ? given : named;
    if (paths.length > 0) await buildAll(["espruino"]);
    process.exitCode = await tryFirmwares(paths, (line) => console.log(line));
}
