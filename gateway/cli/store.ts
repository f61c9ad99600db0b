import type { Command } from "commander";
import { plain } from "../../shared/terminal.ts";
import type { Holding } from "../store/copies.ts";
import { folderCommand, folderOf } from "./command.ts";

/** `toque backup|restore|check`: they work on files, as their user's rights allow, and ask no gateway. */
export function storeCommands(): Command[] {
    return [
        folderCommand("backup", "copy the store to a file, while the gateway runs or not")
            .argument("<file>")
            .option("--replace", "replace the file that is there")
            .action(async (file: string, flags: Flags) => {
                const { backUp } = await import("../store/copies.ts"); // the other commands start faster without SQLite
                report(`Copied to ${file}`, backUp(folderOf(flags), file, flags.replace === true));
            }),
        folderCommand("restore", "put a backup into the gateway's folder")
            .argument("<file>")
            .option("--replace", "replace the store that is there; it is kept as toque.db.old")
            .action(async (file: string, flags: Flags) => {
                const { restore } = await import("../store/copies.ts");
                report(`Restored from ${file}`, restore(folderOf(flags), file, flags.replace === true));
            }),
        folderCommand("check", "check the store, or a backup")
            .argument("[file]")
            .action(async (file: string | undefined, flags: Flags) => {
                const { check } = await import("../store/copies.ts");
                report(file === undefined ? "The store is sound" : `${file} is sound`, check(folderOf(flags), file));
            }),
    ];
}

interface Flags {
    data?: string;
    replace?: boolean;
}

function report(what: string, { numbers, messages, damaged }: Holding): void {
    const texts = damaged === 0 ? "" : ` Texts of them that the disk has changed, and no board is sent: ${damaged}.`;
    process.stdout.write(`${plain(what)}. Numbers: ${numbers}; messages that wait: ${messages}.${texts}\n`);
}
