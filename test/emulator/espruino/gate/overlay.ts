/** A bundle as `scripts/espruino-overlay.ts` writes it: a comment of function bodies, a line each, and the program that makes them. */
const BUNDLE = /^\/\*\n([^]*?)\n\*\/(let \$\$=[^]*)$/;
const PARAMETERS = /\$=a=>Function\(((?:"\w+",)*)\$\$\.substr\(a,\$\$\.substr\(a-3,3\)\)\)/;
const BODY = /^(\d+)([^]*)$/;
const CALL = /\$\((\d+)\)/g;

/**
 * The same program with its functions declared where their bodies stand, line for line, so that all of it can be read. A program that is
 * no such bundle comes back as it is. Throws when a call's place is not a body's, or a body is not as long as it says.
 */
export function expandOverlay(source: string): string {
    const [, bodies, program] = BUNDLE.exec(source) ?? [];
    const parameters = program === undefined ? undefined : PARAMETERS.exec(program)?.[1];
    if (bodies === undefined || program === undefined || parameters === undefined) return source;
    const places = new Set<string>();
    const names = parameters.replace(/"|,$/g, "");
    let at = 3;
    const functions = bodies.split("\n").map((line) => {
        const [, length, body] = BODY.exec(line.trimStart()) ?? [];
        if (Number(length) !== body?.length) throw new Error(`A body says that it has ${length} octets: ${line}`);
        const place = String(at + line.length - body.length);
        places.add(place);
        at += line.length + 1;
        return `function $at${place}(${names}){${body}}`;
    });
    return ["", ...functions, program].join("\n").replace(CALL, (_, place: string) => {
        if (!places.has(place)) throw new Error(`No function stands at ${place}.`);
        return `$at${place}`;
    });
}
