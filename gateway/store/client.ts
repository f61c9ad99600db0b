import type { Worker } from "node:worker_threads";
import { GatewayError } from "../error.ts";
import type { PlainStore } from "../ports/store.ts";
import { fromFailure, type Failure } from "./failures.ts";
import {
    addCall,
    APPEND,
    forEachOutcome,
    readCalls,
    type Call,
    type CallName,
    type FromWorker,
    type ToWorker,
} from "./protocol.ts";

/** Appends that may be under way. Beyond that the senders are faster than the disk and have to wait. */
const MAX_APPENDS_UNDER_WAY = 10_000;
/** Calls whose commit nobody waits for, and how long they wait for others: notes of what is done ride along with the next messages' commit. */
const LAZY = new Set<CallName>(["backlog.settle", "backlog.markSent", "backlog.clearOverflow"]);
const LAZY_MS = 10;

interface Pending {
    name: CallName;
    resolve: (value: unknown) => void;
    reject: (error: Error) => void;
}

/**
 * Makes a store of a thread that has reported `opened`.
 * @param names the thread's calls
 * @param failed called once if the thread ends unasked; by then every open call has failed, and later ones are refused
 */
export function createClient(
    worker: Worker,
    names: CallName[],
    failed: (error: GatewayError) => void = () => {},
): PlainStore {
    const pending = new Map<number, Pending>();
    let lastId = 0;
    let appends = 0;
    /** calls that are posted together: those of a turn of the event loop, whatever sockets they came from, or of a commit */
    let outbox: unknown[] = [];
    let hurried = false;
    let lazy: NodeJS.Timeout | undefined;
    /** The thread has calls and has not answered: what it gets now would wait there as well. */
    let busy = false;
    /** why calls are refused */
    let ended: string | undefined;
    let closing: Promise<void> | undefined;

    function send(message: ToWorker): void {
        worker.postMessage(message); // it throws for what cannot be copied: then the thread has nothing to answer
        busy = true;
    }

    function invoke(name: CallName, args: unknown[]): Promise<unknown> {
        if (ended !== undefined) return Promise.reject(new GatewayError("unavailable", ended));
        if (name === APPEND && appends >= MAX_APPENDS_UNDER_WAY) {
            const sentence = "More messages come in than the disk can take: try again in a few seconds.";
            return Promise.reject(new GatewayError("too_many", sentence));
        }
        return new Promise((resolve, reject) => {
            const id = ++lastId;
            if (name === APPEND) appends++;
            pending.set(id, { name, resolve, reject });
            addCall(outbox, { id, name, args });
            if (LAZY.has(name)) lazy ??= setTimeout(post, LAZY_MS);
            else if (!hurried) {
                hurried = true;
                if (!busy) setImmediate(post);
            }
        });
    }

    function post(): void {
        const calls = outbox;
        outbox = [];
        hurried = false;
        clearTimeout(lazy);
        lazy = undefined;
        if (calls.length === 0) return;
        try {
            send(calls);
        } catch {
            readCalls(calls).forEach(postAlone);
        }
    }

    /** An argument of one of the calls cannot be copied: a bug, which fails only that call. */
    function postAlone(call: Call): void {
        try {
            const alone: unknown[] = [];
            addCall(alone, call);
            send(alone);
        } catch (error) {
            take(call.id)?.reject(error as Error);
        }
    }

    function take(id: number): Pending | undefined {
        const call = pending.get(id);
        pending.delete(id);
        if (call?.name === APPEND) appends--;
        return call;
    }

    function answer(id: number, value: unknown, failure?: Failure): void {
        const call = take(id);
        if (failure === undefined) call?.resolve(value);
        else call?.reject(fromFailure(failure));
    }

    /** The thread has ended. @param cause its error, if it had one */
    function end(cause?: Error): void {
        const unasked = closing === undefined && ended === undefined;
        const why = cause === undefined ? "has ended" : `failed (${cause.message})`;
        ended ??= `The store's thread ${why}: the gateway ends, and has to be started again.`;
        for (const id of [...pending.keys()]) take(id)?.reject(new GatewayError("unavailable", ended));
        if (unasked) failed(new GatewayError("unavailable", ended, { cause }));
    }

    function close(): Promise<void> {
        closing ??= new Promise((resolve) => {
            if (worker.threadId < 0) return resolve();
            worker.once("exit", () => resolve());
            post();
            ended ??= "The store is closed: the gateway is ending.";
            send({ close: true });
        });
        return closing;
    }

    worker.on("message", (message: FromWorker) => {
        if (!Array.isArray(message)) return;
        busy = false;
        if (hurried) post();
        forEachOutcome(message, answer);
    });
    worker.on("error", (error) => end(error));
    worker.on("exit", () => end());

    const store: Record<string, unknown> = { close };
    for (const name of names) {
        const [port = "", call = ""] = name.split(".");
        const calls = (store[port] ??= {}) as Record<string, unknown>;
        calls[call] = (...args: unknown[]) => invoke(name, args);
    }
    return store as unknown as PlainStore;
}
