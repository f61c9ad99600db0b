import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type CodeChannel, CHANNEL_TIMEOUT_MS } from "../code-channel.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../ports.ts";

/** Characters of the program's complaint that the log keeps. */
const MAX_COMPLAINT_CHARS = 1_000;

export interface CommandSettings {
    /** program and arguments; "{number}" and "{code}" in an argument are replaced. No shell reads them. */
    words: string[];
    log: Log;
    /** ends what is under way: the gateway closes */
    signal?: AbortSignal;
    timeoutMs?: number;
}

/**
 * Hands a code to a program, so that a GSM modem's tool can send an SMS. It also finds them in TOQUE_NUMBER and
 * TOQUE_CODE, which other users' `ps` does not show; of the gateway's environment it gets PATH, HOME and LANG only.
 */
export function createCommandChannel(settings: CommandSettings): CodeChannel {
    const { log } = settings;
    const [program = "", ...rest] = settings.words;
    return {
        name: "command",
        async send({ number, code }) {
            const fill = (word: string) => word.replaceAll("{number}", number).replaceAll("{code}", code);
            const { PATH, HOME, LANG } = process.env;
            const child = spawn(program, rest.map(fill), {
                env: { PATH, HOME, LANG, TOQUE_NUMBER: number, TOQUE_CODE: code },
                stdio: ["ignore", "ignore", "pipe"],
                detached: true, // a group of its own, so that what it started ends with it
            });
            const { why, complaint } = await watch(child, settings);
            if (why === undefined) return;
            const said = complaint.replaceAll(code, "***").replaceAll(number, "***");
            log.warn({ program, why, said }, "the program for codes failed");
            throw new GatewayError(
                "unavailable",
                `The code was not sent: the program of --codes-command ${why}. The gateway's log has what it said; put it right and ask for another code in a minute.`,
            );
        },
    };
}

type Child = ChildProcessByStdio<null, null, Readable>;

/** Resolves when the program ended, or was ended. @returns why it failed, if it did, and what it wrote to standard error */
function watch(child: Child, settings: CommandSettings): Promise<{ why?: string; complaint: string }> {
    const { signal, timeoutMs = CHANNEL_TIMEOUT_MS } = settings;
    let complaint = "";
    let why: string | undefined;
    const end = (reason: string) => () => {
        why ??= reason;
        killGroup(child.pid);
        child.stderr.destroy();
    };
    const timer = setTimeout(end(`did not end within ${timeoutMs / 1000} s`), timeoutMs);
    const onAbort = end("was ended, because the gateway ends");
    signal?.addEventListener("abort", onAbort);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (complaint.length < MAX_COMPLAINT_CHARS) complaint += text.slice(0, MAX_COMPLAINT_CHARS - complaint.length);
    });
    return new Promise<{ why?: string; complaint: string }>((resolve) => {
        child.on("error", (error: NodeJS.ErrnoException) => {
            resolve({ why: `could not be started (${error.code ?? "unknown"})`, complaint });
        });
        child.on("exit", (status, killedBy) => {
            if (status !== 0) why ??= `ended with ${status ?? killedBy}`;
            else if (why === undefined) {
                child.stderr.destroy(); // something it left behind may hold the other end
                resolve({ complaint });
            }
        });
        child.on("close", () => resolve({ why, complaint }));
    }).finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
    });
}

function killGroup(pid: number | undefined): void {
    if (pid === undefined) return;
    try {
        process.kill(-pid, "SIGKILL");
    } catch {
        // it ended a moment ago
    }
}
