/*
 * Functions stay in flash.
 *
 * An ESP8266 has 40 KB of memory, and Toque's functions would take all of it. So they stand in a comment at the beginning of the file, as
 * texts, each behind its length. The program names a function by the place of its text: `_00123`. No variable has such a name, so Lua asks
 * the metatable of the program's names, which reads the text from the file and makes a function of it. What was made is kept until Lua
 * collects its garbage: of a function that does not run nothing has to be in memory.
 *
 *     function low(n) return n % 128 end        becomes        the comment's octets from 123 on: 0026local n=...return n%128
 *     print(low(300))                                          _G.print(_00123(300))
 *
 * The program's names stand in a table of their own, so an application cannot meet them; what the firmware or the application has is
 * `_G`'s. A function in a table stays in memory, because the firmware keeps such ones; so do the prelude's, which are called for each
 * octet of a message.
 */
import luamin from "luamin";
import luaparse from "luaparse";

const [OPEN, CLOSE] = ["--[==[", "]==]"];

/** Digits of a place in the file, and of a text's length. */
const PLACE_DIGITS = 5;
const LENGTH_DIGITS = 4;

/** The names of typescript-to-lua's library; and those that flatten.ts has given. */
const LIBRARY = /^__TS__/;
const OWN = /_\d+$|^(string|math)$/;

/** A node of luaparse's tree. */
type Node = { type: string; range: [start: number, end: number] } & Record<string, unknown>;

/** The table of the program's own names: Lua 5.3 takes it for the local's name, and Lua 5.1 is given it. */
const NAMES = `local set,_ENV=setfenv,{_G=_G,string=string,math=math}if set then set(1,_ENV)end `;

/** Octets of a text that are read at once: the compiler needs no more. */
const PIECE_OCTETS = 256;

/** Makes functions of their texts. @param file the bundle's name on the board */
function reader(file: string): string {
    return `
        local file, kept = (_G.file.open or _G.io.open)("${file}"), _G.setmetatable({}, { __mode = "v" })
        local byte, sub, number, min = string.byte, string.sub, _G.tonumber, math.min
        local left
        local function read()
            local octets = min(left, ${PIECE_OCTETS})
            left = left - octets
            return octets > 0 and file:read(octets) or nil
        end
        _G.setmetatable(_ENV, { __index = function(names, name)
            if byte(name) == 95 then
                local made = kept[1] or {}
                kept[1] = made
                local call = made[name]
                if not call then
                    file:seek("set", number(sub(name, 2)))
                    left = number(file:read(${LENGTH_DIGITS}))
                    call = _G.assert(_G.load(read, name, "t", names))
                    if set then set(call, names) end
                    made[name] = call
                end
                return call
            end
        end })`;
}

/**
 * @param lua a flat program whose functions and variables are global
 * @param file the bundle's name on the board; without one, the functions are in memory as usual
 */
export function overlayLua(lua: string, file?: string): string {
    const small: string = luamin.minify(lua);
    const { body, globals } = read(small);
    const stays = ({ type, identifier }: Node): boolean =>
        file === undefined || type !== "FunctionDeclaration" || LIBRARY.test(nameOf(identifier as Node));
    const functions = body.filter((node) => !stays(node));
    const places = new Map(functions.map(({ identifier }) => [nameOf(identifier as Node), ""]));
    const isOwn = (name: string): boolean => LIBRARY.test(name) || OWN.test(name);

    /** The program from here to there, with the names that it has now. */
    const render = ([start, end]: Node["range"]): string => {
        let out = "";
        let at = start;
        for (const { range, ...node } of globals) {
            if (range[0] < start || range[1] > end) continue;
            const name = node["name"] as string;
            out += small.slice(at, range[0]) + (places.get(name) ?? (isOwn(name) ? name : `_G.${name}`));
            at = range[1];
        }
        return out + small.slice(at, end);
    };
    // all places have the same number of digits, so the texts' lengths are known before the places are
    for (const name of places.keys()) places.set(name, placeName(0));
    let at = OPEN.length;
    for (const node of functions) {
        places.set(nameOf(node["identifier"] as Node), placeName(at));
        at += LENGTH_DIGITS + textOf(node, small, render).length;
    }
    const texts = functions.map((node) => {
        const text = textOf(node, small, render);
        return digits(text.length, LENGTH_DIGITS) + text;
    });
    const comment = texts.join("");
    if (comment.includes(CLOSE)) throw new Error(`A function has "${CLOSE}" in it, which ends the comment.`);
    const rest = body.filter(stays).map(({ range }) => render(range));
    const head = file === undefined ? "" : `${luamin.minify(reader(file))} `;
    return `${OPEN}${comment}${CLOSE}${NAMES}${head}${rest.join(" ")}\n`;
}

/** The statements of a program, and the identifiers in it that are no local's and no field's, in the order of the text. */
function read(lua: string): { body: Node[]; globals: Node[] } {
    const globals: Node[] = [];
    const chunk = luaparse.parse(lua, {
        luaVersion: "5.1",
        comments: false,
        scope: true,
        ranges: true,
        onCreateNode(node) {
            // luaparse lets nodes share a range, which then grows with the outer ones
            const created = node as Node;
            created.range = [...created.range];
            if (created.type === "Identifier") globals.push(created);
        },
    }) as { body: Node[] };
    const outside = globals.filter((node) => node["isLocal"] === false);
    return { body: chunk.body, globals: outside.sort((a, b) => a.range[0] - b.range[0]) };
}

function nameOf(identifier: Node): string {
    return identifier["name"] as string;
}

/** What a chunk does that is called with the function's arguments. */
function textOf(node: Node, lua: string, render: (range: Node["range"]) => string): string {
    const parameters = (node["parameters"] as Node[]).map(nameOf);
    const opened = lua.indexOf(")", (node["identifier"] as Node).range[1]) + 1;
    const text = render([opened, node.range[1] - "end".length]).trim();
    return parameters.length === 0 ? text : `local ${parameters.join(",")}=...${text}`;
}

function placeName(at: number): string {
    return `_${digits(at, PLACE_DIGITS)}`;
}

function digits(value: number, count: number): string {
    const text = String(value).padStart(count, "0");
    if (text.length > count) throw new Error(`The program is too long: ${text} has more than ${count} digits.`);
    return text;
}
