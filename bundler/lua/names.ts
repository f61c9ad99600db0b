import { MAX_ACTIVE_LOCALS, maxActiveLocals } from "./limits.ts";
import { exportName } from "./modules.ts";
import type { Edit, Node } from "./scopes.ts";
import { SETTER, layOut, markOverlay } from "./overlay.ts";
import { edited, readScopes } from "./scopes.ts";

/** What every firmware has from the start, and nobody replaces: worth a name of one letter where it is used often. */
const STANDARD = "type tostring pcall print ipairs string math table tmr node wifi net".split(" ");

/** What a name in a table has to save: Lua doubles the table, and with 64 names it takes 2 KB of a board's memory. */
const WORTH_A_NAME = 10;

/** The firmware's own names, as a table. */
const GLOBALS = exportName("lua", "globals");

/**
 * Gives the program names of its own: the most used ones are locals, as many as a function may have. The others live in a table of their
 * own, `local s, _ENV = setfenv, {…}`: in Lua 5.1 by `setfenv`, in 5.3 by the local's very name. So an application cannot meet them, as
 * it could globals. A local takes less memory, the other less text.
 * @param minify takes Lua in which all of them are locals, and shortens these
 * @param file on the board, if its functions are to be read from there when they are called (lua-overlay.ts): then there are no locals
 */
export function withOwnNames(program: string, minify: (lua: string) => string, file?: string): string {
    const free = freeLocals(program);
    const { lua, aliases } =
        file === undefined ? aliasGlobals(free, 0) : aliasGlobals(markOverlay(free, file), WORTH_A_NAME);
    const names = countNames(lua);
    const given = aliases.filter(([name]) => names.includes(name));
    const targets = given.map(([name]) => name).join(", ");
    const values = given.map(([, value]) => value).join(", ");
    const first = given.length > 0 ? `${targets} = ${values}\n` : "";
    const small = minify(`local ${["____none", ...names].join(", ")}\n${first}${lua}`);
    const [head = "", all = ""] = /^local ([\w,]+);?/.exec(small) ?? [];
    const [start = "", left = "", right = ""] =
        given.length > 0 ? (/^([\w,]+)=([\w.,]+);?/.exec(small.slice(head.length)) ?? []) : [];
    const initial = new Map(left.split(",").map((name, index) => [name, right.split(",")[index]!]));
    const rest = small.slice(head.length + start.length);
    const short = all.split(",").slice(1);
    if (file !== undefined) return layOut(`${ownNames([], initial)}${rest}`);
    for (let count = Math.min(short.length, MAX_ACTIVE_LOCALS); ; count--) {
        const whole = `${ownNames(short.slice(0, count), initial)}${rest}`;
        if (count === 0 || maxActiveLocals(whole) <= MAX_ACTIVE_LOCALS) return whole;
    }
}

/** Declares the locals, and the table for all other names. @param initial names that have a value from the start */
function ownNames(locals: string[], initial: ReadonlyMap<string, string>): string {
    const isLocal = ([name]: [string, string]): boolean => locals.includes(name);
    const set = [...initial].filter(isLocal);
    const unset = locals.filter((name) => !initial.has(name));
    const table = [...initial]
        .filter((pair) => pair[0] !== "" && !isLocal(pair))
        .map(([name, value]) => `${name}=${value}`);
    const names = [SETTER, "_ENV", ...set.map(([name]) => name), ...unset].join(",");
    const values = ["setfenv", `{${table.join(",")}}`, ...set.map(([, value]) => value)].join(",");
    return `local ${names}=${values}\nif ${SETTER} then ${SETTER}(1,_ENV)end;`;
}

/** Makes locals of the program itself, which runs once, names of the whole program; its modules need no block of their own then. */
export function freeLocals(lua: string): string {
    const { body, blocks, loops, functions, meaning } = readScopes(lua);
    const edits: Edit[] = [];
    for (const { range, ...block } of body) {
        const inner = block.type === "DoStatement" ? (block["body"] as Node[]) : [];
        const [first, last] = [inner[0], inner.at(-1)];
        if (first === undefined || last === undefined) continue;
        edits.push({ range: [range[0], first.range[0]], text: "" }, { range: [last.range[1], range[1]], text: "" });
    }
    const again = [
        ...functions.map((node) => ({ node, inside: true })),
        ...loops.map((node) => ({ node, inside: false })),
    ];
    for (const statement of blocks.flat()) {
        const isFunction = statement.type === "FunctionDeclaration" && statement["isLocal"] === true;
        if (statement.type !== "LocalStatement" && !isFunction) continue;
        const within = ({ range }: Node): boolean => range[0] <= statement.range[0] && statement.range[1] <= range[1];
        if (again.some(({ node }) => node !== statement && within(node))) continue;
        const variables = isFunction ? [statement["identifier"] as Node] : (statement["variables"] as Node[]);
        const from = isFunction ? lua.indexOf("function", statement.range[0]) : variables[0]!.range[0];
        edits.push({ range: [statement.range[0], from], text: "" });
        if (!isFunction && (statement["init"] as Node[]).length === 0)
            edits.push({ range: [statement.range[1], statement.range[1]], text: " = nil" });
        for (const variable of variables) {
            const binding = meaning.get(variable)!;
            const text = exportName("own", binding.name);
            for (const { range } of [variable, ...binding.uses]) edits.push({ range, text });
        }
    }
    return edited(lua, edits);
}

/** The program's own names, the most named first. */
function countNames(lua: string): string[] {
    const counts = new Map<string, number>();
    for (const name of lua.match(/\b____e_\w+/g) ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/**
 * Names the firmware's functions and tables, alone where that is shorter, or as members of the table of them all.
 * @param least octets that a name has to save: it takes memory
 */
function aliasGlobals(lua: string, least: number): { lua: string; aliases: [name: string, value: string][] } {
    const { globals, members } = readScopes(lua);
    const places = new Map<string, [number, number][]>();
    const own = (name: string): boolean => name.startsWith("____") || name === SETTER || name === "_ENV";
    const foreign = new Set(globals.filter((node) => !own(node["name"] as string)));
    const add = (name: string, range: [number, number]): void => {
        places.set(name, [...(places.get(name) ?? []), range]);
    };
    const isStandard = (node: Node): boolean => foreign.has(node) && STANDARD.includes(node["name"] as string);
    const bases = new Map<Node, Node>();
    for (const member of members)
        if (isStandard(member["base"] as Node) && member["indexer"] === ".") bases.set(member["base"] as Node, member);
    for (const [base, member] of bases) {
        const name = member["identifier"] as Node;
        add(`${base["name"] as string}.${name["name"] as string}`, [base.range[0], name.range[1]]);
    }
    const edits: Edit[] = [];
    const aliases: [name: string, value: string][] = [];
    const rest = new Map<string, [number, number][]>();
    const take = (name: string, ranges: [number, number][]): void => {
        const alias = exportName("lua", name.replace(".", "_"));
        aliases.push([alias, name]);
        for (const range of ranges) edits.push({ range, text: alias });
    };
    const pays = (name: string, uses: number): boolean => uses * name.length > name.length + 4 + least;
    for (const [name, ranges] of places) {
        const [base = ""] = name.split(".");
        if (ranges.length > 1 && pays(name, ranges.length)) take(name, ranges);
        else
            rest.set(base, [
                ...(rest.get(base) ?? []),
                ...ranges.map(([from]): [number, number] => [from, from + base.length]),
            ]);
    }
    for (const node of foreign) {
        const name = node["name"] as string;
        if (!bases.has(node)) rest.set(name, [...(rest.get(name) ?? []), node.range]);
    }
    for (const [name, ranges] of rest) {
        if (STANDARD.includes(name) && pays(name, ranges.length)) take(name, ranges);
        else for (const range of ranges) edits.push({ range, text: `${GLOBALS}.${name}` });
    }
    return { lua: edited(lua, edits), aliases: [[GLOBALS, "_G"], ...aliases] };
}
