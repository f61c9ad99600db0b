import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { Readable, Writable } from "node:stream";

/** Node has no pseudo-terminals. Its own end stays open here, so that the board stays when the command closes the other one. */
const BRIDGE = `
import os, pty, select, sys, tty
own, other = pty.openpty()
tty.setraw(other)
print(os.ttyname(other), flush=True)
while True:
    ready, _, _ = select.select([0, own], [], [])
    for source in ready:
        data = os.read(source, 4096)
        if not data: sys.exit()
        os.write(own if source == 0 else 1, data)
`;

/** Why there is none here; false: there is. */
export const noTerminal = (): string | false =>
    spawnSync("python3", ["-c", "import pty"]).status === 0 ? false : "python3 with its module pty is not here";

/** A pseudo-terminal: the command opens `path`, and a board's console is put at its other end. */
export interface PseudoTerminal {
    path: string;
    /** Puts a console there, in place of the one before. @param sees gets the octets that the command sends */
    attach(output: Readable, input: Writable, sees?: (octets: Buffer) => void): void;
}

export async function openTerminal(t: TestContext): Promise<PseudoTerminal> {
    const bridge: ChildProcess & { stdin: Writable; stdout: Readable } = spawn("python3", ["-c", BRIDGE], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => bridge.kill("SIGKILL"));
    const [line] = (await once(bridge.stdout, "data")) as [Buffer];
    let console: Writable | undefined;
    let see: (octets: Buffer) => void = () => undefined;
    bridge.stdout.on("data", (octets: Buffer) => {
        console?.write(octets);
        see(octets);
    });
    return {
        path: line.toString().trim(),
        attach: (output, input, sees = () => undefined) => {
            console = input.on("error", () => undefined); // the board is off
            see = sees;
            output.on("data", (octets: Buffer) => void bridge.stdin.write(octets));
        },
    };
}
