import { existsSync, readFileSync, rmSync } from "node:fs";

/** Arguments of Node so that the process writes its memory into a file when it gets SIGUSR2. Nothing of it is in the product. */
export function heapArgs(file: string): string[] {
    const module = new URL(`./heap-on-signal.mjs?${encodeURIComponent(file)}`, import.meta.url);
    return ["--expose-gc", "--import", module.href];
}

/** Asks such a process. @returns octets of heap in use after a collection */
export function heapReader(pid: number, file: string): () => Promise<number> {
    return async () => {
        rmSync(file, { force: true });
        process.kill(pid, "SIGUSR2");
        for (let tries = 0; tries < 300; tries++) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { heapUsed: number }).heapUsed;
        }
        throw new Error(`Process ${pid} does not answer SIGUSR2 within 30 s.`);
    };
}
