import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a running gateway leaves in its data folder, so that the other commands find it. */
export interface GatewayFile {
    url: string;
    mqttPort: number;
    httpPort: number;
    pid: number;
}

/** Name of that file. Whoever cannot read the data folder cannot read it. */
const NAME = "gateway.json";

/** Writes the file whole or not at all, and to no other place: what lies at its draft's name, a link perhaps, is removed and not followed. */
export function writeGatewayFile(data: string, file: GatewayFile): void {
    const path = join(data, NAME);
    rmSync(`${path}.new`, { force: true });
    writeFileSync(`${path}.new`, JSON.stringify(file) + "\n", { mode: 0o600, flag: "wx" });
    renameSync(`${path}.new`, path);
}

/** @returns undefined when no gateway runs there, or none that left its address */
export function readGatewayFile(data: string): GatewayFile | undefined {
    try {
        const file = JSON.parse(readFileSync(join(data, NAME), "utf8")) as Partial<GatewayFile>;
        return typeof file.url === "string" ? (file as GatewayFile) : undefined;
    } catch {
        return undefined;
    }
}

/** Removes the file if it is still the one of this process. */
export function removeGatewayFile(data: string, pid: number): void {
    if (readGatewayFile(data)?.pid === pid) rmSync(join(data, NAME), { force: true });
}
