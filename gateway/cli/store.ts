import { Command } from "commander";
import { OPTIONS } from "../config.ts";
import type { Holding } from "../store/copies.ts";
import { checkFolder, chooseFolder } from "./data-folder.ts";
import { plain } from "./print.ts";

/** `toque backup|restore|check`: they work on files, as their user's rights allow, and ask no gateway. */
export function storeCommands(): Command[] {
    return [
        fileCommand("backup", "<file>", "copy the store to a file, while the gateway runs or not")
            .option("--replace", "replace the file that is there")
            .action(async (file: string, flags: Flags) => {
                const { backUp } = await import("../store/copies.ts"); // the other commands start faster without SQLite
                report(`Copied to ${file}`, backUp(folderOf(flags), file, flags.replace === true));
            }),
        fileCommand("restore", "<file>", "put a backup into the gateway's folder")
            .option("--replace", "replace the store that is there; it is kept as toque.db.old")
            .action(async (file: string, flags: Flags) => {
                const { restore } = await import("../store/copies.ts");
                report(`Restored from ${file}`, restore(folderOf(flags), file, flags.replace === true));
            }),
        fileCommand("check", "[file]", "check the store, or a backup").action(
            async (file: string | undefined, flags: Flags) => {
                const { check } = await import("../store/copies.ts");
                report(file === undefined ? "The store is sound" : `${file} is sound`, check(folderOf(flags), file));
            },
        ),
    ];
}

interface Flags {
    data?: string;
    replace?: boolean;
}

function fileCommand(name: string, file: string, description: string): Command {
    return new Command(name)
        .description(description)
        .argument(file)
        .option(OPTIONS.data.flag, "the gateway's folder (TOQUE_DATA; toque-data unless given)");
}

function folderOf(flags: Flags): string {
    const folder = chooseFolder(flags.data, process.env);
    checkFolder(folder);
    return folder.data;
}

function report(what: string, { numbers, messages }: Holding): void {
    process.stdout.write(`${plain(what)}. Numbers: ${numbers}; messages that wait: ${messages}.\n`);
}
