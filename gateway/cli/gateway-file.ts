import { rmSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "../system/private-file.ts";
import { type DataFolder, readFound } from "./data-folder.ts";

/** What a running gateway leaves in its data folder, so that the other commands find it. */
export interface GatewayFile {
    url: string;
    mqttPort: number;
    httpPort: number;
    pid: number;
}

const NAME = "gateway.json";

/** @throws GatewayError("unavailable") */
export function writeGatewayFile(data: string, file: GatewayFile): void {
    writePrivateFile(join(data, NAME), JSON.stringify(file) + "\n");
}

/**
 * @returns undefined when no gateway runs there, or none that left its address
 * @throws Failure when nobody named the folder, and the file may be another user's
 */
export function readGatewayFile(folder: DataFolder): GatewayFile | undefined {
    try {
        const file = JSON.parse(readFound(folder, NAME) ?? "") as Partial<GatewayFile> | null;
        return typeof file?.url === "string" ? (file as GatewayFile) : undefined;
    } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
    }
}

/** Removes the file if it is still the one of this process. */
export function removeGatewayFile(data: string, pid: number): void {
    if (readGatewayFile({ data, named: true })?.pid === pid) rmSync(join(data, NAME), { force: true });
}
