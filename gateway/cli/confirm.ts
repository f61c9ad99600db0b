import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** Asks a question on a terminal. @returns false unless the answer is yes: an empty one, Ctrl-D and Ctrl-C are none */
export function confirm(question: string, input: Readable, output: Writable): Promise<boolean> {
    const terminal = createInterface({ input, output });
    return new Promise((resolve) => {
        terminal.once("close", () => resolve(false));
        terminal.question(`${question} [y/N] `, (answer) => {
            resolve(/^y(es)?$/i.test(answer.trim()));
            terminal.close();
        });
    });
}
