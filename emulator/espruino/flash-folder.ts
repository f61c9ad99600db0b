import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The stand-in's Storage: a folder with one file each. Text is octets. */
export class FlashFolder {
    readonly #folder: string;

    constructor(folder: string) {
        this.#folder = folder;
        mkdirSync(folder, { recursive: true });
    }

    read(name: string): string | undefined {
        const path = join(this.#folder, encodeURIComponent(name));
        return existsSync(path) ? readFileSync(path, "latin1") : undefined;
    }

    write(name: string, data: string): void {
        const path = join(this.#folder, encodeURIComponent(name));
        writeFileSync(path + ".new", data, "latin1");
        renameSync(path + ".new", path);
    }

    erase(name: string): void {
        rmSync(join(this.#folder, encodeURIComponent(name)), { force: true });
    }
}
