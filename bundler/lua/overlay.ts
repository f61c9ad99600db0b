import { exportName } from "./modules.ts";
import type { Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/**
 * The program of a board with 40 KB of memory, in two parts of one file: a comment that holds the text of its functions, and what runs.
 * A function is a name of three digits of base 36, which is where its text lies. Nothing has such a name, so Lua asks the metatable of the
 * program's own names, and that reads the text and makes a function of it. What was read is kept until Lua collects its garbage, all of it
 * together: so of a function that does not run nothing has to be in memory. The compiler skips the comment as it would any.
 *
 * A module's `function f() …` is read when it is called; a function in a table stays in memory, as what the firmware keeps may.
 */

const DIGITS = 36;

/** What begins the comment, and what ends it. */
const [OPEN, CLOSE] = ["--[==[", "]==]"];

/** Names begin with a letter: the first one is "a00". */
const FIRST_NAME = 10 * DIGITS * DIGITS;

/** A text's length has two digits. */
const LONGEST = DIGITS * DIGITS - 1;

const KEYWORDS = ["and", "end", "for", "nil", "not"];

/** A name's digits, and the characters of which three stand for one until its place is known. */
const NAME_OCTETS = 3;
const NAME_SYMBOLS = 0xe000;

/** What a function of the overlay has in front of its name until its place is known. */
const PREFIX = "____f_";

/** Called for each octet of a message: these stay in memory. */
const RESIDENT = exportName("library", "");

/** Lua 5.1's `setfenv`, under a name that no program is long enough for. */
export const SETTER = "zz";

/** Reads functions when they are called. `_ENV` is the table of the program's own names. @param file what the bundle is called on the board */
function reader(file: string): string {
    return `do
        local file, kept = (file.open or io.open)("${file}"), setmetatable({}, { __mode = "v" })
        setmetatable(_ENV, { __index = function(names, name)
            if #name == 3 then
                local made = kept[1] or {}
                kept[1] = made
                local call = made[name]
                if not call then
                    file:seek("set", tonumber(name, ${DIGITS}) - ${FIRST_NAME})
                    local text = file:read(tonumber(file:read(2), ${DIGITS}))
                    call = assert((loadstring or load)(text, name, "t", names))
                    if ${SETTER} then ${SETTER}(call, names) end
                    made[name] = call
                end
                return call
            end
        end })
    end\n`;
}

/** Marks the functions that are to be read when they are called, and adds what reads them. */
export function markOverlay(lua: string, file: string): string {
    const { body, globals } = readScopes(lua);
    const names = new Set(
        body
            .filter(({ type, ...statement }) => type === "FunctionDeclaration" && statement["isLocal"] !== true)
            .map((statement) => (statement["identifier"] as Node)["name"] as string)
            .filter((name) => name.startsWith("____e_") && !name.startsWith(RESIDENT)),
    );
    const edits = globals
        .filter((node) => names.has(node["name"] as string))
        .map((node): Edit => ({ range: node.range, text: PREFIX + (node["name"] as string) }));
    return reader(file) + edited(lua, edits);
}

/** Puts the marked functions of a program that is small already into the comment in front of it. */
export function layOut(lua: string): string {
    const { body } = readScopes(lua);
    const marked = body.filter(
        (node) =>
            node.type === "FunctionDeclaration" &&
            (((node["identifier"] as Node)["name"] as string | undefined) ?? "").startsWith(PREFIX),
    );
    const names = marked.map((node) => (node["identifier"] as Node)["name"] as string);
    const symbolOf = (name: string): string => {
        const index = names.indexOf(name);
        if (index < 0) throw new Error(`${name} is called, and defined nowhere.`);
        return String.fromCharCode(NAME_SYMBOLS + index).repeat(NAME_OCTETS);
    };
    // a name is as long as what stands for it, so the texts' lengths are known before their names are
    const withSymbols = (part: string): string => part.replace(new RegExp(`\\b${PREFIX}\\w+`, "g"), symbolOf);
    const places: string[] = [];
    let comment = OPEN;
    for (const node of marked) {
        const text = withSymbols(bodyOf(node, lua));
        if (KEYWORDS.includes(nameOf(comment.length))) comment += " ";
        places.push(nameOf(comment.length));
        comment += lengthOf(text) + text;
    }
    const rest = edited(
        lua,
        marked.map(({ range }): Edit => ({
            range: [range[0], range[1] + (lua.charAt(range[1]) === ";" ? 1 : 0)],
            text: "",
        })),
    );
    const named = (part: string): string =>
        part.replace(/([\ue000-\uf8ff])\1\1/g, (symbol) => places[symbol.charCodeAt(0) - NAME_SYMBOLS]!);
    if (comment.includes(CLOSE)) throw new Error("A function holds what ends the comment.");
    return named(`${comment}${CLOSE}${withSymbols(rest)}`);
}

/** A text's length as it stands in front of it. */
function lengthOf(text: string): string {
    if (text.length > LONGEST)
        throw new Error(`A function of ${text.length} octets is too long: ${LONGEST} are the most.`);
    return text.length.toString(DIGITS).padStart(2, "0");
}

function nameOf(at: number): string {
    const name = (FIRST_NAME + at).toString(DIGITS);
    if (name.length !== NAME_OCTETS) throw new Error(`The functions' texts go on at ${at}: too far for a name.`);
    return name;
}

/** What a chunk that gets the function's arguments does. */
function bodyOf(node: Node, lua: string): string {
    const parameters = (node["parameters"] as Node[]).map((parameter) => parameter["name"] as string);
    const end = node.range[1] - "end".length;
    const closing = lua.indexOf(")", lua.indexOf("(", (node["identifier"] as Node).range[1])) + 1;
    const text = lua.slice(closing, end).trim();
    return parameters.length === 0 ? text : `local ${parameters.join(",")}=...${text}`;
}
