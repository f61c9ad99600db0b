import { Command, CommanderError } from "commander";
import { readVersion } from "../config.ts";
import { GatewayError } from "../error.ts";
import { Failure } from "./failure.ts";
import { messageCommand, sendCommand } from "./messages.ts";
import { codeCommand, numberCommand } from "./numbers.ts";
import { plain } from "./print.ts";
import { serveCommand } from "./serve.ts";
import { statusCommand } from "./status.ts";
import { storeCommands } from "./store.ts";
import { tlsCommand } from "./tls.ts";
import { tokenCommand } from "./tokens.ts";

const EXAMPLES = `
Examples:
  toque serve --host 192.168.1.5
  toque number add +34600111222 --label kitchen
  toque send +34600111222 "Dinner is ready" --wait
  toque number show 600111222 --country ES
  toque emulate --help  (a board to try it with, on this machine)`;

function createProgram(words: string[]): Command {
    const program = new Command("toque")
        .description("push messages to phone numbers, shown by boards")
        .version(readVersion());
    program.addHelpText("after", EXAMPLES);
    const commands = [
        serveCommand(),
        numberCommand(),
        codeCommand(),
        sendCommand(),
        messageCommand(),
        tokenCommand(),
        tlsCommand(),
        statusCommand(),
        ...storeCommands(),
    ];
    for (const command of commands) program.addCommand(command);
    prepare(program, words);
    return program;
}

/** Commander's own exit and its "error: " would hide which errors are of the command line. */
function prepare(command: Command, words: string[]): void {
    command.exitOverride();
    command.configureOutput({
        outputError: (text, write) => write(hush(text.replace(/^error: /, "toque: "), words)),
    });
    command.showHelpAfterError('See "toque --help" and "toque <command> --help".');
    for (const child of command.commands) prepare(child, words);
}

/** What was typed at the wrong place may be a token or a number: commander repeats it, and that may end in a log. */
function hush(text: string, words: string[]): string {
    return words.reduce((hushed, word) => {
        const [name] = /^(--[\w-]{1,40}|-\w|[a-z][a-z-]{0,19}$)/.exec(word) ?? ["…"];
        return hushed.replace(`'${word}'`, () => `'${name}'`);
    }, text);
}

/** @returns the exit code; the sentence is on standard error by then */
async function run(words: string[]): Promise<number> {
    try {
        await createProgram(words).parseAsync(words, { from: "user" });
        return 0;
    } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its own
        if (error instanceof Failure) return complain(error.message, error.exitCode);
        if (error instanceof GatewayError) return complain(error.message, 1);
        const { code, message } = error as NodeJS.ErrnoException;
        return complain(`This is a bug in Toque (${code ?? "no code"}): ${message}`, 1);
    }
}

function complain(sentence: string, exitCode: number): number {
    process.stderr.write(`toque: ${plain(sentence)}\n`);
    return exitCode;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // `toque number list | head -1` has done its work; a gateway goes on, with its log on standard error
    if (process.argv[2] !== "serve") process.exit(0);
});
process.exitCode = await run(process.argv.slice(2));
