import { Command } from "commander";
import { plain } from "../../shared/terminal.ts";
import { createTokens } from "../directory/tokens.ts";
import { resetAdminToken } from "../store/admin-token.ts";
import { findStore } from "../store/store-files.ts";
import { type CommonFlags, clientOf, folderCommand, folderOf, remoteCommand } from "./command.ts";
import { columns, pairs, print } from "./print.ts";

interface TokenLine {
    id: string;
    role: string;
    pattern: string;
    label?: string;
    created: string;
}

/** `toque token add|list|remove` */
export function tokenCommand(): Command {
    const command = new Command("token").description("tokens of those who may ask the gateway");
    command.addCommand(
        remoteCommand("add", "make a token; it is shown this once")
            .argument("<role>", "admin, sender or reader")
            .option(
                "--pattern <pattern>",
                'numbers it may reach: one number, or a prefix like "+34600*"; all unless given',
            )
            .option("--label <label>", "whose it is")
            .action(add),
    );
    command.addCommand(remoteCommand("list", "all tokens, without themselves").action(list));
    command.addCommand(
        folderCommand("reset-admin", "make a new admin's token in the gateway's folder; stop the gateway first").action(
            resetAdmin,
        ),
    );
    command.addCommand(remoteCommand("remove", "revoke a token").argument("<id>").action(remove));
    return command;
}

async function add(role: string, flags: CommonFlags & { pattern?: string; label?: string }): Promise<void> {
    const { pattern, label } = flags;
    const added = await clientOf(flags).post<TokenLine & { token: string }>("/v1/tokens", { role, pattern, label });
    const text = pairs({
        token: added.token,
        id: added.id,
        role: added.role,
        pattern: added.pattern,
        label: added.label,
    });
    print(flags.json, added, text + "\nThe token is shown this once.");
}

async function resetAdmin(flags: { data?: string }): Promise<void> {
    const dir = folderOf(flags);
    findStore(dir);
    const { openStore } = await import("../store/open.ts"); // the other commands start faster without it
    const store = await openStore({ dir });
    try {
        const file = await resetAdminToken(createTokens({ store, clock: { nowMs: Date.now } }), dir);
        process.stdout.write(`A new admin token is in ${plain(file)}; the one that it held before is revoked.\n`);
    } finally {
        await store.close();
    }
}

async function list(flags: CommonFlags): Promise<void> {
    const found = await clientOf(flags).get<{ tokens: TokenLine[] }>("/v1/tokens");
    const rows = found.tokens.map((line) => [line.id, line.role, line.pattern, line.label ?? "", line.created]);
    print(flags.json, found, columns([["ID", "ROLE", "NUMBERS", "LABEL", "MADE"], ...rows]));
}

async function remove(id: string, flags: CommonFlags): Promise<void> {
    const removed = await clientOf(flags).remove<{ id: string }>(`/v1/tokens/${encodeURIComponent(id)}`);
    print(flags.json, removed, `The token ${removed.id} is revoked.`);
}
