import { Command } from "commander";
import { hostname, networkInterfaces } from "node:os";
import { plain } from "../../shared/terminal.ts";
import { GatewayError } from "../error.ts";
import { writeHomeAuthority } from "../tls/home-files.ts";
import { folderCommand, folderOf } from "./command.ts";
import { Failure } from "./failure.ts";

/** A name of DNS, an address of either kind. */
const NAME = /^[\w.:-]+$/;

/** How this machine may be reached: its name, its name by mDNS, and its addresses. */
function ownNames(): string[] {
    const name = hostname();
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const own = addresses.filter(({ address }) => !address.startsWith("fe80:")).map(({ address }) => address);
    return [...new Set([name, `${name}.local`, "localhost", ...own])];
}

/** `toque tls init`: a CA for the home network, and a certificate for the gateway. Works on files, not on a running gateway. */
export function tlsCommand(): Command {
    const command = new Command("tls").description("encrypt connections of boards");
    const init = folderCommand("init", "make a CA for this home, and a certificate of the gateway for it")
        .option("--name <names...>", "names and addresses of the gateway, instead of this machine's own")
        .action(async (flags: { data?: string; name?: string[] }) => {
            const data = folderOf(flags);
            const names = flags.name ?? ownNames();
            if (names.some((name) => !NAME.test(name)))
                throw new Failure("--name takes names and addresses, as in --name toque.local 192.168.1.5.", 2);
            try {
                const { createHomeAuthority } = await import("../tls/authority.ts"); // nobody else needs what it stands on
                const made = writeHomeAuthority(data, await createHomeAuthority(names, Date.now()));
                process.stdout.write(
                    `Made ${plain(made)}: for ${names.map(plain).join(", ")}.\n` +
                        `"toque serve" uses it from its next start on, on port 8883. Give ca.pem to those who connect by TLS,\n` +
                        `and keep ca-key.pem to yourself: with it anybody can pose as the gateway.\n`,
                );
            } catch (error) {
                if (error instanceof GatewayError) throw new Failure(error.message, 1);
                throw error;
            }
        });
    return command.addCommand(init);
}
