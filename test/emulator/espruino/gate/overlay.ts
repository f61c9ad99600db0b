/** A bundle as `scripts/espruino-overlay.ts` writes it: a comment of function bodies, and the program that makes them. */
const BUNDLE = /^\/\*( *\d+[^]*?)\*\/(let \$=a=>Function\(((?:"\w+",)*)\$\$\.substr\(a,\$\$\.substr\(a-3,3\)\)\)[^]*)$/;
const CALL = /\$\((\d+)\)/g;

/** Where the bodies begin in the file, and the digits of a body's length in front of it. */
const BODIES_AT = 2;
const DIGITS = 3;

/**
 * The same program with its functions declared, a line each, so that all of it can be read. A program that is no such bundle comes back
 * as it is. Throws when a call's place is not a body's, or a body is not as long as it says.
 */
export function expandOverlay(source: string): string {
    const [, bodies, program, parameters] = BUNDLE.exec(source) ?? [];
    if (bodies === undefined || program === undefined || parameters === undefined) return source;
    const names = parameters.replace(/"|,$/g, "");
    const end = BODIES_AT + bodies.length;
    const places = new Set<string>();
    const functions: string[] = [];
    for (let at = BODIES_AT; at < end;) {
        const place = at + DIGITS;
        const length = Number(source.slice(at, place));
        at = place + length;
        if (!(at <= end)) throw new Error(`A body at ${place} says that it has ${length} octets.`);
        places.add(String(place));
        functions.push(`function $at${place}(${names}){${source.slice(place, at)}}`);
    }
    return [...functions, program].join("\n").replace(CALL, (_, place: string) => {
        if (!places.has(place)) throw new Error(`No function stands at ${place}.`);
        return `$at${place}`;
    });
}
