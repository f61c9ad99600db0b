import { parseArgs } from "node:util";

export interface Options {
    /** names of parts */
    only: string[];
    runs: number;
    quick: boolean;
    /** where the figures go as JSON */
    json: string | undefined;
    /** whether docs/performance.md gets the table */
    page: boolean;
    /** other versions to measure beside this one: a name and a folder of this repository */
    servers: { name: string; root: string }[];
    /** names of servers to leave out or, if any is given, the only ones beside Toque */
    peers: string[] | undefined;
}

const USAGE = `npm run bench -- [options]
  --only push,http        some parts: PARTS
  --runs 5                runs of each part that is repeated
  --quick                 one short run: shows that it works
  --peers mosquitto       some peers, by name; "none" for Toque alone
  --server before=/path   another version of Toque beside this one: a folder that was built
  --json file             also writes the figures as JSON, run by run
  --page                  writes the table into docs/performance.md
TMPDIR names the disk that is measured.`;

/** @returns undefined when help was asked for @throws Error with a sentence */
export function readOptions(args: string[], parts: string[]): Options | undefined {
    const { values } = parseArgs({
        args,
        options: {
            only: { type: "string", default: parts.join(",") },
            runs: { type: "string" },
            quick: { type: "boolean", default: false },
            json: { type: "string" },
            page: { type: "boolean", default: false },
            server: { type: "string", multiple: true, default: [] },
            peers: { type: "string" },
            help: { type: "boolean", default: false },
        },
    });
    if (values.help) {
        console.log(USAGE.replace("PARTS", parts.join(", ")));
        return undefined;
    }
    const only = values.only.split(",");
    const unknown = only.find((name) => !parts.includes(name));
    if (unknown !== undefined) throw new Error(`There is no part "${unknown}": choose of ${parts.join(", ")}.`);
    const runs = Number(values.runs ?? (values.quick ? 1 : 5));
    if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs must be a whole number, 1 or more.");
    const servers = values.server.map((text) => {
        const [name, root] = text.split("=");
        if (root === undefined) throw new Error("--server needs a name and a folder: before=/path.");
        return { name: name!, root };
    });
    const peers = values.peers?.toLowerCase().split(",");
    return { only, runs, quick: values.quick, json: values.json, page: values.page, servers, peers };
}
