import { fileURLToPath } from "node:url";
import { bundleTests } from "../../scripts/bundle-tests.ts";

/**
 * Sources as plain JavaScript, for processes that a test starts: a loader of TypeScript would take most of their time. They are removed when
 * this process ends.
 * @returns the path of each
 */
export async function bundled(...sources: URL[]): Promise<string[]> {
    const made = await bundleTests(sources.map((source) => fileURLToPath(source)));
    process.once("exit", () => made.remove());
    return made.files;
}
