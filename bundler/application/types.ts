import { join } from "node:path";
import type { CompilerOptions, Diagnostic, Program } from "typescript";
import { BuildError } from "../output.ts";
import type { BoardName } from "./built.ts";
import { BOARD_TYPES, type Ts } from "./compilers.ts";

/** More than that nobody reads at once. */
const MOST_ERRORS = 10;

/**
 * Reads an application and what it imports, as the board's compiler is to see it: with `toque` and the firmware's functions. A
 * file `pins.espruino.ts` takes the place of `pins.ts` on Espruino, and so on. Throws a BuildError with its errors, as tsc prints them.
 */
export function checkTypes(ts: Ts, entry: string, board: BoardName, more: CompilerOptions = {}): Program {
    const options: CompilerOptions = {
        lib: ["lib.es2017.d.ts"], // what a board lacks of it, the gate and the Lua compiler name
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        moduleSuffixes: [`.${board}`, ""],
        moduleDetection: ts.ModuleDetectionKind.Force,
        rewriteRelativeImportExtensions: true,
        paths: { "toque/board": [join(BOARD_TYPES, "board.d.ts")] },
        types: [],
        strict: true,
        skipLibCheck: true,
        ...more,
    };
    const program = ts.createProgram(
        [entry, ...["board", board].map((name) => join(BOARD_TYPES, `${name}.d.ts`))],
        options,
    );
    complain(ts, ts.getPreEmitDiagnostics(program));
    return program;
}

/** Throws a BuildError when there are errors among them. */
export function complain(ts: Ts, diagnostics: readonly Diagnostic[]): void {
    const errors = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error);
    if (errors.length === 0) return;
    const text = ts.formatDiagnostics(errors.slice(0, MOST_ERRORS), {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => process.cwd(),
        getNewLine: () => "\n",
    });
    const rest = errors.length - MOST_ERRORS;
    // an application has no compiler options: which library there is, the board decides
    throw new BuildError(
        text.replace(/ Do you need to change your target library\?.*/g, "").trim() +
            (rest > 0 ? `\nAnd ${rest} more.` : ""),
    );
}
