/** What ends a command: a sentence for standard error and the exit code, 1 unless the command line itself was wrong (2). */
export class Failure extends Error {
    readonly exitCode: 1 | 2;

    constructor(sentence: string, exitCode: 1 | 2 = 1) {
        super(sentence);
        this.name = "Failure";
        this.exitCode = exitCode;
    }
}
