import { Command } from "commander";
import { type CommonFlags, clientOf, remoteCommand } from "./command.ts";
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

async function list(flags: CommonFlags): Promise<void> {
    const found = await clientOf(flags).get<{ tokens: TokenLine[] }>("/v1/tokens");
    const rows = found.tokens.map((line) => [line.id, line.role, line.pattern, line.label ?? "", line.created]);
    print(flags.json, found, columns([["ID", "ROLE", "NUMBERS", "LABEL", "MADE"], ...rows]));
}

async function remove(id: string, flags: CommonFlags): Promise<void> {
    const removed = await clientOf(flags).remove<{ id: string }>(`/v1/tokens/${encodeURIComponent(id)}`);
    print(flags.json, removed, `The token ${removed.id} is revoked.`);
}
