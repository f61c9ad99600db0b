/** A load in a process of its own: it does what it is sent, one call at a time, and ends with its parent. */
import { Session } from "./session.ts";
import type { Target } from "./target.ts";

export type Call = keyof Pick<Session, "prepare" | "connect" | "open" | "openMulticast" | "run" | "close">;
export type Answer = { result: unknown; cpuUs: number } | { error: string };

const session = new Session(JSON.parse(process.argv[2]!) as Target);

process.on("message", ({ name, args }: { name: Call; args: unknown[] }) => {
    const before = process.cpuUsage();
    (session[name] as (...args: unknown[]) => Promise<unknown>)
        .apply(session, args)
        .then((result): Answer => {
            const { user, system } = process.cpuUsage(before);
            return { result, cpuUs: user + system };
        })
        .catch((error: unknown): Answer => ({ error: (error as Error).message }))
        .then((answer) => process.send!(answer))
        .catch(() => process.exit(1));
});
process.on("disconnect", () => process.exit());
