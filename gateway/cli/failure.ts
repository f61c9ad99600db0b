/** Exit codes but 0, and what a program finds under "code" when the gateway gave no code of its own. `toque --help` explains them. */
const CODES = { 1: "failed", 2: "usage", 3: "refused", 4: "unreachable", 5: "not_delivered" } as const;
export type ExitCode = keyof typeof CODES;

/** What ends a command: a sentence for standard error, the exit code, and with --json a code, the gateway's own if it refused. */
export class Failure extends Error {
    constructor(
        sentence: string,
        readonly exitCode: ExitCode = 1,
        readonly code: string = CODES[exitCode],
        /** lines below the sentence */
        readonly more: string[] = [],
    ) {
        super(sentence);
        this.name = "Failure";
    }
}
