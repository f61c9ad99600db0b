import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type CodeChannel, type CodeDelivery, CHANNEL_TIMEOUT_MS } from "../directory/code-channel.ts";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";

/** Characters of the program's complaint that the log keeps. */
const MAX_COMPLAINT_CHARS = 1_000;
/** How long what a program that failed has left behind may still complain, and how long one that was ended may take to be gone. */
const LAST_WORDS_MS = 500;

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
        async send(delivery) {
            const { number, code } = delivery;
            const complain = (why: string, complaint = "") => {
                log.warn({ program, why, printed: redact(complaint, delivery) }, "the program for codes failed");
                return new GatewayError(
                    "unavailable",
                    `The code was not sent: the program of --codes-command ${why}. The gateway's log has what it printed; put it right and ask for another code: a number gets one a minute and three an hour.`,
                );
            };
            if (settings.signal?.aborted === true) throw complain("was not started, because the gateway ends");
            const fill = (word: string) => word.replaceAll("{number}", number).replaceAll("{code}", code);
            const { PATH, HOME, LANG } = process.env;
            const environment = { PATH, HOME, LANG, TOQUE_NUMBER: number, TOQUE_CODE: code };
            const child = start(program, rest.map(fill), environment);
            const { why, complaint } =
                typeof child === "string" ? { why: child, complaint: "" } : await watch(child, settings);
            if (why !== undefined) throw complain(why, complaint);
        },
    };
}

type Child = ChildProcessByStdio<null, null, Readable>;

/** @returns why it cannot be started: some reasons are thrown, and for want of file handles there is a child without pipes */
function start(program: string, words: string[], env: NodeJS.ProcessEnv): Child | string {
    try {
        const child = spawn(program, words, {
            env,
            stdio: ["ignore", "ignore", "pipe"],
            detached: true, // a group of its own, so that what it started ends with it
        });
        if ((child.stderr as Readable | undefined) !== undefined) return child;
        child.on("error", () => {}); // comes a moment later
        return notStarted("EMFILE");
    } catch (error) {
        return notStarted((error as NodeJS.ErrnoException).code);
    }
}

function notStarted(code: string | undefined): string {
    return `could not be started (${code ?? "unknown"})`;
}

/**
 * What the log keeps of a complaint: neither number nor code, and at its end not the beginning of one that was cut. A program that
 * writes them in another way (each digit as a word, in base64) is not found out.
 */
function redact(complaint: string, { number, code }: CodeDelivery): string {
    const whole = complaint.length < MAX_COMPLAINT_CHARS ? complaint : complaint.replace(/[^\p{L}]+$/u, "…");
    return whole.replaceAll(code, "***").replaceAll(number, "***");
}

/** Resolves when the program ended, or was ended. @returns why it failed, if it did, and what it wrote to standard error */
function watch(child: Child, settings: CommandSettings): Promise<{ why?: string; complaint: string }> {
    const { signal, timeoutMs = CHANNEL_TIMEOUT_MS } = settings;
    let complaint = "";
    let why: string | undefined;
    let giveUp: NodeJS.Timeout | undefined;
    let given = () => {};
    const end = (reason: string) => () => {
        why ??= reason;
        killGroup(child);
        child.stderr.destroy();
        giveUp ??= setTimeout(() => {
            child.unref(); // the system does not let go of it: a driver that hangs
            given();
        }, LAST_WORDS_MS);
    };
    const timer = setTimeout(end(`did not end within ${timeoutMs / 1000} s`), timeoutMs);
    const onAbort = end("was ended, because the gateway ends");
    signal?.addEventListener("abort", onAbort);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (complaint.length < MAX_COMPLAINT_CHARS) complaint += text.slice(0, MAX_COMPLAINT_CHARS - complaint.length);
    });
    return new Promise<{ why?: string; complaint: string }>((resolve) => {
        given = () => resolve({ why, complaint });
        child.on("error", (error: NodeJS.ErrnoException) => {
            resolve({ why: notStarted(error.code), complaint });
        });
        child.on("exit", (status, killedBy) => {
            if (status !== 0) {
                why ??= `ended with ${status ?? killedBy}`;
                setTimeout(() => child.stderr.destroy(), LAST_WORDS_MS).unref();
            } else if (why === undefined) {
                child.stderr.destroy(); // something it left behind may hold the other end
                resolve({ complaint });
            }
        });
        child.on("close", given);
    }).finally(() => {
        clearTimeout(timer);
        clearTimeout(giveUp);
        signal?.removeEventListener("abort", onAbort);
    });
}

/** Ends the program and what is in its group; whatever made itself a session of its own (`setsid`) is not. */
function killGroup(child: Child): void {
    if (child.pid === undefined) return;
    try {
        process.kill(-child.pid, "SIGKILL");
    } catch {
        child.kill("SIGKILL"); // it ended a moment ago, or has no group
    }
}
