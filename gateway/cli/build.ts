import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { BoardName } from "../../bundler/application/built.ts";
import { BuildError } from "../../bundler/output.ts";
import { Failure } from "./failure.ts";

/** `toque build`: a person's application, as a board runs it. */
export function buildCommand(): Command {
    return new Command("build")
        .description("compile an application for a board, or check it")
        .argument("<file>", "its first file: .ts; or .js for espruino, .lua for nodemcu")
        .addOption(new Option("--board <board>", "its firmware").choices(["espruino", "nodemcu"]).makeOptionMandatory())
        .option("--out <file>", "what to write; beside the first file, with the ending .js or .lua, unless given")
        .action(build);
}

/** An application as a board runs it. @throws Failure with what the board cannot run */
export async function compile(file: string, board: BoardName): Promise<Buffer> {
    const { buildApplication } = await import("../../bundler/application/build.ts");
    const { program } = await buildApplication(file, board).catch((error: unknown) => {
        if (!(error instanceof BuildError)) throw error;
        const [sentence = "", ...more] = error.message.split("\n");
        throw new Failure(sentence, 1, undefined, more);
    });
    return program;
}

async function build(file: string, { board, out }: { board: BoardName; out?: string }): Promise<void> {
    const target = out ?? file.replace(/\.\w+$/, board === "espruino" ? ".js" : ".lua");
    const program = await compile(file, board);
    try {
        if (resolve(target) !== resolve(file)) writeFileSync(target, program);
    } catch (error) {
        throw new Failure(`${target} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
    }
    process.stdout.write(`${target}: ${program.length} octets\n`);
}
