import { Command, CommanderError } from "commander";
import { plain, plainJson } from "../../shared/terminal.ts";
import { readVersion } from "../config.ts";
import { GatewayError } from "../error.ts";
import { buildCommand } from "./build.ts";
import { Failure } from "./failure.ts";
import { flashCommand } from "./flash.ts";
import { messageCommand, sendCommand } from "./messages.ts";
import { codeCommand, numberCommand } from "./numbers.ts";
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
  toque flash +34600111222  (asks what it needs to know)
  toque emulate --help  (a board to try it with, on this machine)`;

const EXIT_CODES = `
Exit codes: 0 done, 2 the command line is wrong, 3 the gateway refused, 4 there is no gateway, 5 not delivered (in time), 1 anything else.`;

/** What no option has: such a word is a text, as "-5 °C outside" is, though commander would take it for options. */
const TEXT = /^-[^=\s]*\s/;
/** Stands in front of a text from the command line to its command. No word of a command line can hold it. */
const MARK = "\0";

function createProgram(words: string[]): Command {
    const program = new Command("toque")
        .description("push messages to phone numbers, shown by boards")
        .version(readVersion());
    program.addHelpText("after", EXAMPLES).addHelpText("afterAll", EXIT_CODES);
    program.hook("preAction", (_, command) => {
        command.processedArgs = command.processedArgs.map(unmark);
        for (const [name, value] of Object.entries(command.opts())) command.setOptionValue(name, unmark(value));
    });
    const commands = [
        serveCommand(),
        numberCommand(),
        codeCommand(),
        flashCommand(),
        sendCommand(),
        messageCommand(),
        tokenCommand(),
        tlsCommand(),
        statusCommand(),
        ...storeCommands(),
        buildCommand(),
        new Command("emulate").description("run a board on this machine"), // bin/toque.mjs starts it
    ];
    for (const command of commands) program.addCommand(command);
    prepare(program, words);
    return program;
}

/** Commander's own exit and its "error: " would hide which errors are of the command line. */
function prepare(command: Command, words: string[]): void {
    command.exitOverride();
    command.configureOutput({
        writeErr: (text) => words.includes("--json") || process.stderr.write(text),
        outputError: (text, write) => write(`toque: ${explain(text, words)}`),
    });
    command.showHelpAfterError('See "toque --help" and "toque <command> --help".');
    for (const child of command.commands) prepare(child, words);
}

function unmark(value: unknown): unknown {
    return typeof value === "string" && value.startsWith(MARK) ? value.slice(MARK.length) : value;
}

/** Commander's error as our sentence. */
function explain(text: string, words: string[]): string {
    const quote = ': quote a text with spaces, as in toque send +34600111222 "Dinner is ready"';
    const sentence = text.replace(/^error: /, "").replace(/(?<=^too many arguments for 'send')\..*/, quote);
    return hush(sentence, words).replaceAll(MARK, "");
}

/** What was typed at the wrong place may be a token or a number: commander repeats it, and that may end in a log. */
function hush(text: string, words: string[]): string {
    return words.reduce((hushed, word) => {
        const [name] = /^(--[\w-]{1,40}|-\w|[a-z][a-z-]{0,19}$)/.exec(word) ?? ["…"];
        return hushed.replace(`'${word}'`, () => `'${name}'`);
    }, text);
}

/**
 * Runs a command to its end.
 * @param typed what stands behind `toque`
 * @returns the exit code; the sentence is on standard error by then, with --json as the gateway's own errors are written
 */
export async function run(typed: string[]): Promise<number> {
    const words = typed.map((word) => (TEXT.test(word) ? MARK + word : word));
    const json = words.includes("--json");
    const complain = (message: string, exitCode: number, code: string, more: string[] = []): number => {
        const sentence = [message.replaceAll(MARK, ""), ...more].map(plain).join("\n");
        process.stderr.write(
            json ? `${plainJson(JSON.stringify({ error: { code, message: sentence } }))}\n` : `toque: ${sentence}\n`,
        );
        return exitCode;
    };
    try {
        await createProgram(words).parseAsync(words, { from: "user" });
        return 0;
    } catch (error) {
        if (error instanceof CommanderError) {
            if (error.exitCode === 0) return 0;
            return json ? complain(explain(error.message, words).replace("\n", " "), 2, "usage") : 2; // it has printed its own
        }
        if (error instanceof Failure) return complain(error.message, error.exitCode, error.code, error.more);
        if (error instanceof GatewayError) return complain(error.message, 1, error.code);
        const { code, message } = error as NodeJS.ErrnoException;
        return complain(`This is a bug in Toque (${code ?? "no code"}): ${message}`, 1, "internal");
    }
}
