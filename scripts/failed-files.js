/** A reporter of node's test runner: the files in which a test that failed is written, a line each; those need not be the files that were run. */
export default async function* failedFiles(source) {
    const seen = new Set();
    for await (const { type, data } of source) {
        if (type !== "test:fail" || data.file === undefined || seen.has(data.file)) continue;
        seen.add(data.file);
        yield `${data.file}\n`;
    }
}
