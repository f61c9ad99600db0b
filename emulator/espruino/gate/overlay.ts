/** A bundle as `bundler/espruino/overlay.ts` writes it: a comment of function bodies, and the program that calls them. */
const BUNDLE = /^\/\*\n[^]*?\*\/\n([^]*Object\.defineProperty\(global,"\$\$",[^]*)$/;
const CALL = /\$\(((?:"\w+",)*)\$\$\.substr\((\d+),(\d+)\)\)/g;

/**
 * The same program with its functions declared, a line each, so that all of it can be read. A program that is no such bundle comes back as
 * it is. Throws when a call names a place where no body stands.
 */
export function expandOverlay(source: string): string {
    const [, program] = BUNDLE.exec(source) ?? [];
    if (program === undefined) return source;
    const functions = new Map<string, string>();
    const expand = (text: string): string =>
        text.replace(CALL, (_, parameters: string, at: string, octets: string) => {
            const name = `$at${at}`;
            const [start, end] = [Number(at), Number(at) + Number(octets)];
            if (source.charAt(start - 1) !== "\n" || source.charAt(end) !== "\n")
                throw new Error(`No function stands at ${start} to ${end}.`);
            if (!functions.has(name)) {
                functions.set(name, ""); // it may call itself
                const body = expand(source.slice(start, end));
                functions.set(name, `function ${name}(${parameters.replace(/"|,$/g, "")}){${body}}`);
            }
            return name;
        });
    const rest = expand(program);
    return ["var $,$$;", ...functions.values(), rest].join("\n");
}
