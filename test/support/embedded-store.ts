import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../gateway/ports/store.ts";
import { openStore } from "../../gateway/store/open.ts";

/** A folder for an embedded store that is not there yet. */
export function make(): string {
    return mkdtempSync(join(tmpdir(), "toque-store-"));
}

export function open(dir: string): Promise<Store> {
    return openStore({ dir });
}

export function remove(dir: string): void {
    rmSync(dir, { recursive: true, force: true });
}
