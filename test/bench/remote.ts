import { fork } from "node:child_process";
import { once } from "node:events";

/** Methods that can be called from another process: their arguments and results go as JSON. */
type Methods<Type> = { [Name in keyof Type]: (...args: never[]) => Promise<unknown> };

interface Call {
    name: string;
    args: unknown[];
}

type Answer = { result: unknown; cpuUs: number } | { error: string };

/** An object in a process of its own, from outside. */
export interface Remote<Type extends Methods<Type>> {
    /** @returns the call's result, and the CPU that its process took for it. @throws what went wrong there */
    call<Name extends keyof Type>(
        name: Name,
        ...args: Parameters<Type[Name]>
    ): Promise<{ result: Awaited<ReturnType<Type[Name]>>; cpuUs: number }>;
    pid: number;
    stop(): Promise<void>;
}

/** Starts a program that calls `answerCalls`. @param argument what it gets, as JSON */
export function startRemote<Type extends Methods<Type>>(program: URL, argument: unknown): Remote<Type> {
    const child = fork(program, [JSON.stringify(argument)], { execArgv: ["--import", "tsx"] });
    const ended = once(child, "exit");
    const gone = ended.then(() => {
        throw new Error(`${program.pathname} ended.`);
    });
    gone.catch(() => undefined);
    return {
        pid: child.pid!,
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

/** In such a program: makes the object, answers calls one after the other, and ends with the parent. */
export function answerCalls<Type extends Methods<Type>>(make: (argument: never) => Type): void {
    const object = make(JSON.parse(process.argv[2]!) as never);
    const answer = async ({ name, args }: Call): Promise<Answer> => {
        const before = process.cpuUsage();
        try {
            const result = await object[name as keyof Type](...(args as never[]));
            const { user, system } = process.cpuUsage(before);
            return { result, cpuUs: user + system };
        } catch (error) {
            return { error: (error as Error).message };
        }
    };
    process.on("message", (call: Call) => void answer(call).then((result) => process.send!(result)));
    process.on("disconnect", () => process.exit());
}
