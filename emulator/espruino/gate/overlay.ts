import { untokenise } from "../../../bundler/espruino/tokens.ts";

/** A bundle as `bundler/espruino/overlay.ts` writes it: a comment of function bodies, and the program that makes them. */
const BUNDLE = /^\/\* ([^]*?)\*\/([^]*)$/;
const MAKER = /^\s*let \$=a *=> *Function\(((?:"\w+",)*)\$\$\.substr\(1\+\(a *\*= *3\),\$\$\.charCodeAt\(a\)\*3-1\)\)/;
const CALL = /\$\((\d+)\)/g;

/** Where the bodies begin in the file, and what their places are multiples of. */
const BODIES_AT = 3;
const UNIT = 3;

/**
 * The same program with its functions declared, a line each, and in words, so that all of it can be read. A program that is no such bundle
 * comes back in words. Throws when a call's place is not a body's, or a body is longer than there is room.
 */
export function expandOverlay(source: string): string {
    const [, bodies, octets] = BUNDLE.exec(source) ?? [];
    const program = untokenise(octets ?? source);
    const [, parameters] = MAKER.exec(program) ?? [];
    if (bodies === undefined || parameters === undefined) return untokenise(source);
    const names = parameters.replace(/"|,$/g, "");
    const end = BODIES_AT + bodies.length;
    const places = new Set<string>();
    const functions: string[] = [];
    for (let at = BODIES_AT, next; at < end; at = next) {
        next = at + source.charCodeAt(at) * UNIT;
        if (next <= at || next > end) throw new Error(`The body at ${at} ends at ${next}, and all of them at ${end}.`);
        const place = String(at / UNIT);
        places.add(place);
        functions.push(`function $at${place}(${names}){${untokenise(source.slice(at + 1, next))}}`);
    }
    return [...functions, program].join("\n").replace(CALL, (_, place: string) => {
        if (!places.has(place)) throw new Error(`No function stands at ${place}.`);
        return `$at${place}`;
    });
}
