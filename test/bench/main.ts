/**
 * `npm run bench`: what Toque costs, beside other servers on the same machine in the same run. CPU and ratios mean something; rates and times
 * are this machine's, now. docs/performance.md has how it measures.
 */
import { writeFileSync } from "node:fs";
import { machine } from "./machine.ts";
import type { Context } from "./measure.ts";
import { readOptions } from "./options.ts";
import { writePage } from "./page.ts";
import { accepted } from "./parts/accepted.ts";
import { boards } from "./parts/boards.ts";
import { connect } from "./parts/connect.ts";
import { http } from "./parts/http.ts";
import { multicast } from "./parts/multicast.ts";
import { push } from "./parts/push.ts";
import { rest } from "./parts/rest.ts";
import { store } from "./parts/store.ts";
import type { Table } from "./rows.ts";
import { findPeers } from "./servers/kinds.ts";
import { toqueKind } from "./servers/toque.ts";
import { markdownOf } from "./table.ts";

const PARTS: Record<string, (context: Context) => Promise<Table>> = {
    push,
    http,
    multicast,
    accepted,
    connect,
    boards,
    rest,
    store,
};

async function bench(): Promise<void> {
    const options = readOptions(process.argv.slice(2), Object.keys(PARTS));
    if (options === undefined) return;
    const startMs = performance.now();
    const tell = (line: string) => process.stderr.write(`${line}\n`);
    const toques = [toqueKind("Toque"), ...options.servers.map(({ name, root }) => toqueKind(`Toque, ${name}`, root))];
    const peers = findPeers((name) => tell(`skipped: ${name} is not installed`));
    const wanted = peers.filter(
        ({ name }) => options.peers === undefined || options.peers.some((peer) => name.toLowerCase().startsWith(peer)),
    );
    const context = { toques, kinds: [...toques, ...wanted], runs: options.runs, quick: options.quick, tell };
    const tables: Record<string, Table> = {};
    const where = { ...machine(), runs: options.runs, quick: options.quick };
    const about = () => ({ ...where, minutes: Math.round((performance.now() - startMs) / 6_000) / 10 });
    for (const name of options.only) {
        const table = await PARTS[name]!(context);
        if (table.rows.length === 0) continue; // it was skipped
        tables[name] = table;
        console.log(markdownOf(table, true));
        // after each part, so that a bench which fails leaves what it has measured
        if (options.json !== undefined)
            writeFileSync(options.json, JSON.stringify({ about: about(), tables }, null, 4) + "\n");
    }
    const { date, commit, node, cpus, memoryGb, disk, runs, minutes } = about();
    const on = `${date}, commit ${commit}, Node ${node}, ${cpus}, ${memoryGb} GB, ${disk}`;
    const measured = `Measured on ${on}. Runs: ${runs}; it took ${minutes} minutes.`;
    console.log(measured);
    const markdown = [measured, ...Object.values(tables).map((table) => markdownOf(table, false))].join("\n\n");
    if (options.page) await writePage(markdown);
}

bench().catch((error: unknown) => {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exit(1);
});
