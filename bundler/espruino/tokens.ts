import { tokenizer } from "acorn";
import type { Token } from "acorn";

/**
 * Espruino's own octets for operators and reserved words, from 138 on in this order: its lexer takes either (src/jslex.c,
 * `jslReservedWordAsString`; EspruinoTools calls it pretokenising). So they have been since 2v06, newer ones at the end.
 */
const FIRST = 138;
const TOKENS = (
    "== === != !== <= << <<= >= >> >>> >>= >>>= += -= ++ -- *= /= %= &= && |= || ^= => " +
    "if else do while for break continue function return var let const this throw try catch finally true false null undefined " +
    "new in instanceof switch case default delete typeof void debugger class extends super static of"
).split(" ");

/** Reserved words that acorn takes for names. */
const WORDS = /^(let|of|static|undefined)$/;

/** Never written: older firmware takes the token for no name behind a dot (Espruino's issue 1868), so EspruinoTools leaves it as well. */
const LEFT = "catch";

const NAME = /[$\w]/;

interface Part {
    text: string;
    start: number;
    end: number;
    /** may stand as one octet */
    reserved: boolean;
}

function octetOf(text: string): string {
    return String.fromCharCode(FIRST + TOKENS.indexOf(text));
}

/** The tokens of a piece of program; a template is one, with all that is in it. */
function readParts(program: string): Part[] {
    const parts: Part[] = [];
    const tokens = tokenizer(program, { ecmaVersion: 2020 });
    const next = (): Token => tokens.getToken();
    for (let token = next(); token.type.label !== "eof"; token = next()) {
        const { start, type } = token;
        let depth = type.label === "`" ? 1 : 0;
        while (depth > 0) {
            token = next();
            if (token.type.label === "`") depth--; // templates do not stand in templates
        }
        const text = program.slice(start, token.end);
        const isWord = type.keyword !== undefined || WORDS.test(text) || !NAME.test(text);
        const isMember = parts.at(-1)?.text === ".";
        const reserved = isWord && !isMember && text !== LEFT && TOKENS.includes(text);
        parts.push({ text, start, end: token.end, reserved });
    }
    return parts;
}

/**
 * Says a program, or a function's body, in fewer octets: Espruino's for its operators and words, and `true`, `false` and `undefined`
 * where a minifier wrote `!0`, `!1` and `void 0`.
 * @param program minified: blanks stand only where they are needed; all octets below 0x80
 */
export function tokenise(program: string): string {
    if (/[^\x00-\x7f]/.test(program)) throw new Error("bundler/espruino/tokens.ts: an octet above 0x7f is taken.");
    const parts = readParts(program);
    let out = "";
    let end = 0;
    const isKey = (at: number): boolean => parts[at + 1]?.text === ":" && /^[{,]$/.test(parts[at - 1]?.text ?? "");
    for (let at = 0; at < parts.length; at++) {
        const part = parts[at]!;
        const both = part.text + (parts[at + 1]?.text ?? "");
        const value = { "!0": "true", "!1": "false", void0: "undefined" }[both];
        const text =
            value !== undefined ? octetOf(value) : part.reserved && !isKey(at) ? octetOf(part.text) : part.text;
        const blank = program.slice(end, part.start);
        if (blank !== "" && !isOctet(out.at(-1)) && !isOctet(text[0])) out += blank;
        out += text;
        if (value !== undefined) at++;
        end = parts[at]!.end;
    }
    return out;
}

function isOctet(char: string | undefined): boolean {
    return char !== undefined && char.charCodeAt(0) >= FIRST;
}

/** Reads strings, templates and comments, in which an octet is an octet; and what may be a token. */
const PIECES = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|`(?:[^`\\]|\\[^])*`|\/\*[^]*?\*\/|\/\/.*|[\x8a-\xff]/g;

/** The same program for those who are not Espruino. An octet that is no token stays. */
export function untokenise(octets: string): string {
    return octets.replace(PIECES, (piece) => {
        const text = piece.length > 1 ? undefined : TOKENS[piece.charCodeAt(0) - FIRST];
        return text === undefined ? piece : ` ${text} `;
    });
}
