import type { Clock, Store } from "../ports.ts";

/**
 * Opens the embedded store: one SQLite file in `dir` (made when missing), in a thread of its own. One gateway a folder.
 * @throws GatewayError unavailable: the folder cannot be written, belongs to a running gateway, or the file is damaged or from a newer Toque.
 * Nothing is ever deleted or repaired.
 */
export async function openStore(options: { dir: string; clock: Clock }): Promise<Store> {
    throw new Error(`not written yet ${options.dir}`);
}
