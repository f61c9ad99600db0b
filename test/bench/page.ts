import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

const PAGE = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const [BEGIN, END] = ["<!-- npm run bench -- --page writes this -->", "<!-- to here -->"];

/** Puts the tables between the page's two markers, formatted as all pages are. */
export async function writePage(markdown: string): Promise<void> {
    const page = readFileSync(PAGE, "utf8");
    const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (begin < 0 || end < begin)
        throw new Error(`${PAGE} has lost its markers: put ${BEGIN} and ${END} where the table goes.`);
    const text = `${page.slice(0, begin)}${BEGIN}\n\n${markdown}\n${page.slice(end)}`;
    writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}
