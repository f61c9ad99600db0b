// Appends to a store as fast as it takes messages, and prints what was acknowledged, until it is killed.
// bundled: append-until-killed <module with open()> <where> <round>
import { writeSync } from "node:fs";
import type { Store } from "../../gateway/ports/store.ts";
import { append, messageOf } from "./records.ts";

const [module = "", where = "", round = ""] = process.argv.slice(2);
const { open } = (await import(module)) as { open: (where: string) => Promise<Store> };
const store = await open(where);
const PARALLEL = 20;

/** Waits, as a program would that prints to a terminal, while its reader is busy. */
function print(line: string): void {
    for (let printed = 0; printed < line.length;) {
        try {
            printed += writeSync(1, line.slice(printed));
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        }
    }
}

async function fill(lane: number): Promise<void> {
    for (let count = 0; ; count++) {
        const id = `${round}-${lane}-${count}`;
        // Each lane's messages replace each other: that and the append are one transaction, or two of a lane would be found.
        const placed = await append(store, messageOf(lane % 2, { id, body: id, collapseKey: `lane ${lane}` }));
        print(`${placed.id} ${placed.sequence}\n`);
    }
}

await Promise.all(Array.from({ length: PARALLEL }, (_, lane) => fill(lane)));
