import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../error.ts";
import { cannotWrite, kindOf, makeFolder, makePrivateFile, moveIntoPlace } from "../system/private-file.ts";
import type { HomeAuthority } from "./authority.ts";
import { FOLDER } from "./files.ts";

/** The folder in which all is written before it gets its name; what an init that was cut short left there is thrown away. */
const DRAFT = ".tls-draft";

/**
 * Writes what boards trust and what the gateway shows: all of it or nothing, and into a folder of its own making, so that no link there is
 * followed. An init that was cut short can be run again.
 * @returns the folder
 * @throws GatewayError("invalid_request") when there is something already, ("unavailable") when it cannot be written
 */
export function writeHomeAuthority(data: string, { ca, gateway, caDer }: HomeAuthority): string {
    const folder = join(data, FOLDER);
    const draft = join(data, DRAFT);
    const files: [name: string, text: string, mode: number][] = [
        ["ca-key.pem", ca.key, 0o600],
        ["key.pem", gateway.key, 0o600],
        ["cert.pem", gateway.certificate, 0o644],
        ["ca.der.base64", caDer, 0o644],
        ["ca.pem", ca.certificate, 0o644],
    ];
    try {
        refuseUsed(folder);
        makeFolder(data);
        rmSync(draft, { recursive: true, force: true });
        mkdirSync(draft, { mode: 0o700 });
        chmodSync(draft, 0o700);
        for (const [name, text, mode] of files) makePrivateFile(join(draft, name), text, mode);
        moveIntoPlace(draft, folder); // an empty folder of that name is replaced, its rights with it
        return folder;
    } catch (error) {
        throw error instanceof GatewayError ? error : cannotWrite(folder, error);
    }
}

function refuseUsed(folder: string): void {
    const there = lstatSync(folder, { throwIfNoEntry: false });
    if (there === undefined) return;
    if (!there.isDirectory())
        throw refusal(`${folder} is ${kindOf(there)}, where the CA's folder belongs: move it away first.`);
    const names = readdirSync(folder);
    if (names.includes("ca.pem")) {
        throw refusal(
            `${folder} has a CA already, and boards may trust it. Move the folder away first if you really want another.`,
        );
    }
    if (names.length > 0) {
        const found = names.slice(0, 5).join(", ");
        throw refusal(
            `${folder} has no CA, but is not empty (${found}): move the folder away first, then run this again.`,
        );
    }
}

function refusal(sentence: string): GatewayError {
    return new GatewayError("invalid_request", sentence);
}
