import { runInContext } from "node:vm";
import type { Context } from "node:vm";
import { untokenise } from "../../bundler/espruino/tokens.ts";

/** What a program's `Function` is given is a program too. */
const READ_WORDS = `(function (words) {
    const Made = Function;
    Function = function (...parts) { return Made(...parts.map(words)); };
    Function.prototype = Made.prototype;
})`;

/** Runs a program as Espruino does, which reads its own octets for words wherever it reads a program. */
export function runOctets(program: string, context: Context, filename?: string): void {
    (runInContext(READ_WORDS, context) as (words: typeof untokenise) => void)(untokenise);
    runInContext(untokenise(program), context, { filename });
}
