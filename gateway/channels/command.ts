import { spawn } from "node:child_process";
import { type CodeChannel, CHANNEL_TIMEOUT_MS } from "../code-channel.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../ports.ts";

/** Octets of the program's complaint that the log keeps. */
const MAX_COMPLAINT_OCTETS = 1_000;

export interface CommandSettings {
    /** program and arguments; "{number}" and "{code}" in an argument are replaced. No shell reads them. */
    words: string[];
    log: Log;
    timeoutMs?: number;
}

/**
 * Hands a code to a program, so that a GSM modem's tool can send an SMS. It also finds them in TOQUE_NUMBER and
 * TOQUE_CODE, which other users' `ps` does not show; of the gateway's environment it gets PATH, HOME and LANG only.
 */
export function createCommandChannel({ words, log, timeoutMs = CHANNEL_TIMEOUT_MS }: CommandSettings): CodeChannel {
    const [program = "", ...rest] = words;
    return {
        name: "command",
        send({ number, code }) {
            const fill = (word: string) => word.replaceAll("{number}", number).replaceAll("{code}", code);
            const { PATH, HOME, LANG } = process.env;
            const child = spawn(program, rest.map(fill), {
                env: { PATH, HOME, LANG, TOQUE_NUMBER: number, TOQUE_CODE: code },
                stdio: ["ignore", "ignore", "pipe"],
                detached: true, // a group of its own, so that what it started ends with it
            });
            return new Promise<void>((resolve, reject) => {
                let complaint = "";
                let late = false;
                const timer = setTimeout(() => {
                    late = true;
                    killGroup(child.pid);
                    child.stderr.destroy();
                }, timeoutMs);
                child.stderr.setEncoding("utf8");
                child.stderr.on("data", (text: string) => {
                    if (complaint.length < MAX_COMPLAINT_OCTETS) complaint += text;
                });
                const fail = (why: string) => {
                    const said = complaint
                        .slice(0, MAX_COMPLAINT_OCTETS)
                        .replaceAll(code, "***")
                        .replaceAll(number, "***");
                    log.warn({ program, why, said }, "the program for codes failed");
                    reject(
                        new GatewayError(
                            "unavailable",
                            `The code was not sent: the program of --codes-command ${why}. The gateway's log has what it said; put it right and ask for another code in a minute.`,
                        ),
                    );
                };
                child.on("error", (error: NodeJS.ErrnoException) => {
                    clearTimeout(timer);
                    fail(`could not be started (${error.code ?? "unknown"})`);
                });
                child.on("exit", (status, signal) => {
                    clearTimeout(timer);
                    if (late) fail(`did not end within ${timeoutMs / 1000} s`);
                    else if (status !== 0) fail(`ended with ${status ?? signal}`);
                    else resolve();
                });
            });
        },
    };
}

function killGroup(pid: number | undefined): void {
    if (pid === undefined) return;
    try {
        process.kill(-pid, "SIGKILL");
    } catch {
        // it ended a moment ago
    }
}
