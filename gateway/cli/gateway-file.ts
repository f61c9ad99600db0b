import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kindOf } from "../system/file-status.ts";
import { Failure } from "./failure.ts";
import { readFound } from "./found-files.ts";

/** What a running gateway leaves in its data folder, so that the other commands find it. */
export interface GatewayFile {
    url: string;
    mqttPort: number;
    httpPort: number;
    pid: number;
}

/** Name of that file. Whoever cannot read the data folder cannot read it. */
const NAME = "gateway.json";

/**
 * Writes the file whole or not at all, and to no other place: what lies at its draft's name, a link perhaps, is removed and not followed.
 * @throws Failure when a folder is in its place; whatever the disk says otherwise
 */
export function writeGatewayFile(data: string, file: GatewayFile): void {
    const path = join(data, NAME);
    for (const place of [path, `${path}.new`]) {
        const there = lstatSync(place, { throwIfNoEntry: false });
        if (there?.isDirectory() === true)
            throw new Failure(`${place} is ${kindOf(there)}, where the gateway writes its address: move it away.`);
    }
    rmSync(`${path}.new`, { force: true });
    writeFileSync(`${path}.new`, JSON.stringify(file) + "\n", { mode: 0o600, flag: "wx" });
    renameSync(`${path}.new`, path);
}

/**
 * @param named whether somebody named the folder: then it is believed whoever put it there
 * @returns undefined when no gateway runs there, or none that left its address
 * @throws Failure when nobody named the folder, and the file may be another user's
 */
export function readGatewayFile(data: string, named: boolean): GatewayFile | undefined {
    const text = readFound(data, NAME, named);
    try {
        const file = JSON.parse(text ?? "") as Partial<GatewayFile>;
        return typeof file.url === "string" ? (file as GatewayFile) : undefined;
    } catch {
        return undefined;
    }
}

/** Removes the file if it is still the one of this process. */
export function removeGatewayFile(data: string, pid: number): void {
    if (readGatewayFile(data, true)?.pid === pid) rmSync(join(data, NAME), { force: true });
}
