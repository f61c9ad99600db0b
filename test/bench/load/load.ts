import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, Call } from "./process.ts";
import type { Session } from "./session.ts";
import type { Target } from "./target.ts";

const PROCESS = fileURLToPath(new URL("./process.ts", import.meta.url));

/** A load process, from its parent's side. */
export interface Load {
    /** @returns the call's result and the CPU that the load itself took for it. @throws what went wrong there */
    call<Name extends Call>(
        name: Name,
        ...args: Parameters<Session[Name]>
    ): Promise<{ result: Awaited<ReturnType<Session[Name]>>; cpuUs: number }>;
    stop(): Promise<void>;
}

export function startLoad(target: Target): Load {
    const child = fork(PROCESS, [JSON.stringify(target)], { execArgv: ["--import", "tsx"] });
    const ended = once(child, "exit");
    const gone = ended.then(() => {
        throw new Error("The load process ended.");
    });
    gone.catch(() => undefined);
    return {
        async call(name, ...args) {
            child.send({ name, args });
            const [answer] = (await Promise.race([once(child, "message"), gone])) as [Answer];
            if ("error" in answer) throw new Error(answer.error);
            return answer as never;
        },
        async stop() {
            child.kill("SIGKILL");
            await ended;
        },
    };
}
