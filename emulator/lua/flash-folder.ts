import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The board's flash as a folder: what the firmware has written, operation by operation, and what a power cut leaves of it. */
export class FlashFolder {
    readonly folder: string;
    /** octets ever written, and how often a file was opened for writing */
    octets = 0;
    writes = 0;
    /** octets that still get through before the power goes; undefined: all */
    private left: number | undefined;
    private cut: () => void = () => undefined;

    constructor(folder: string) {
        mkdirSync(folder, { recursive: true });
        this.folder = folder;
    }

    /** Cuts the power after so many more octets: 0 is after a file was emptied and before its first one. */
    tearAfter(octets: number, cut: () => void): void {
        this.left = octets;
        this.cut = cut;
    }

    files(): Map<string, Buffer> {
        return new Map(readdirSync(this.folder).map((name) => [name, readFileSync(join(this.folder, name))]));
    }

    put(name: string, data: Buffer): void {
        writeFileSync(join(this.folder, name), data);
    }

    truncate(name: string): void {
        this.writes++;
        this.put(name, Buffer.alloc(0));
    }

    append(name: string, data: Buffer): void {
        const part = this.left === undefined ? data : data.subarray(0, this.left);
        writeFileSync(join(this.folder, name), part, { flag: "a" });
        this.octets += part.length;
        if (this.left === undefined) return;
        this.left -= part.length;
        if (part.length === data.length) return;
        this.left = undefined;
        this.cut();
    }

    rename(from: string, to: string): void {
        renameSync(join(this.folder, from), join(this.folder, to));
    }

    remove(name: string): void {
        rmSync(join(this.folder, name), { force: true });
    }
}
