import { renameFields } from "./fields.ts";
import { exportName, readModules } from "./modules.ts";
import type { LuaModule } from "./modules.ts";
import { freeLocals, withOwnNames } from "./names.ts";
import type { Binding, Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";
import { uniqueNames } from "./unique-names.ts";

/**
 * Makes one program of what typescript-to-lua bundled, for a board with 40 KB of memory: no modules and no loader, constants
 * where they are used, nothing that nobody calls, and short names for fields. What was a local of a module is a name of the whole
 * program: bundler/lua/names.ts.
 * @param privateFields names of fields that nobody outside sees
 * @param withLibrary adds the functions of typescript-to-lua's library that this Lua calls
 * @param minify what is done with the program in the end
 * @param file on the board, if its functions are to be read from there when they are called
 */
export function shrinkBundle(
    bundle: string,
    privateFields: ReadonlySet<string>,
    withLibrary: (lua: string) => string,
    minify: (lua: string) => string,
    file?: string,
): string {
    const { modules, entry } = readModules(bundle);
    let body =
        modules.map((module) => (module.lua.trim() === "" ? "" : `do\n${module.lua}\nend\n`)).join("") +
        returnsOf(modules, entry);
    body = freeLocals(uniqueNames(untilSame(body, (lua) => inlineConstants(dropUnused(lua)))));
    body = withLibrary(body).replace(
        /(?:\blocal function )?\b__TS__(\w+)/g,
        (text, name: string) => (text.startsWith("local") ? "function " : "") + exportName("library", name),
    );
    return withOwnNames(renameFields(body, privateFields), minify, file);
}

/** Repeats a pass, because what it does makes more of it possible. */
function untilSame(lua: string, pass: (lua: string) => string): string {
    const next = pass(lua);
    return next === lua ? lua : untilSame(next, pass);
}

/** What the whole program returns: the entry's exports, under their own names. */
function returnsOf(modules: LuaModule[], entry: string): string {
    const prefix = exportName(entry, "");
    const own = modules.at(-1)?.lua.match(new RegExp(`\\b${prefix}\\w+`, "g")) ?? [];
    const pairs = [...new Set(own)].map((name) => `["${name.slice(prefix.length)}"] = ${name}`);
    return pairs.length > 0 ? `return { ${pairs.join(", ")} }\n` : "";
}

/** Where an export gets its value: `function ____e_x(…)` or `____e_x = …`, all of them in the blocks' own statements. */
function exportStatements(body: Node[]): Map<string, Node[]> {
    const found = new Map<string, Node[]>();
    for (const statement of body.flatMap((node) => (node.type === "DoStatement" ? (node["body"] as Node[]) : [node]))) {
        const target =
            statement.type === "AssignmentStatement"
                ? (statement["variables"] as Node[])[0]
                : statement.type === "FunctionDeclaration"
                  ? (statement["identifier"] as Node)
                  : undefined;
        const name = target?.["name"];
        if (typeof name === "string" && name.startsWith("____e_"))
            found.set(name, [...(found.get(name) ?? []), statement]);
    }
    return found;
}

function literal(node: Node | undefined, lua: string): string | undefined {
    const plain = node?.type === "NumericLiteral" || node?.type === "StringLiteral" || node?.type === "BooleanLiteral";
    return plain ? lua.slice(...node.range) : undefined;
}

/** Functions and constants of modules that nobody names. */
function dropUnused(lua: string): string {
    const { body, bindings } = readScopes(lua);
    const edits: Edit[] = [];
    const drop = (statement: Node): void => void edits.push({ range: statement.range, text: "" });
    for (const { uses, statement } of bindings) {
        if (statement === undefined || uses.length > 0) continue;
        if (statement.type === "FunctionDeclaration") drop(statement);
        else if ((statement["init"] as Node[]).every((init) => literal(init, lua) !== undefined)) drop(statement);
    }
    for (const [name, statements] of exportStatements(body))
        if (lua.split(new RegExp(`\\b${name}\\b`)).length - 1 === statements.length) statements.forEach(drop);
    return edited(lua, edits);
}

/** Numbers and strings that have a name and never change stand where they are used, unless the name is shorter. */
function inlineConstants(lua: string): string {
    const { body, bindings } = readScopes(lua);
    const edits: Edit[] = [];
    const take = (statement: Node, value: string, uses: [number, number][]): void => {
        const named = value.length + 9 + 2 * uses.length;
        if (uses.length * value.length > named && value.length > 4) return;
        edits.push({ range: statement.range, text: "" });
        // a method or an index of a literal needs parentheses
        for (const range of uses)
            edits.push({ range, text: /^[.:[]/.test(lua.slice(range[1])) ? `(${value})` : value });
    };
    for (const { uses, written, statement } of bindings) {
        if (written || statement?.type !== "LocalStatement" || (statement["variables"] as Node[]).length !== 1)
            continue;
        const value = literal((statement["init"] as Node[])[0], lua);
        if (value !== undefined) take(statement, value, uses.map(rangeOf));
    }
    for (const [name, statements] of exportStatements(body)) {
        const [statement] = statements;
        if (statements.length !== 1 || statement?.type !== "AssignmentStatement") continue;
        const value = literal((statement["init"] as Node[])[0], lua);
        if (value === undefined) continue;
        const target = (statement["variables"] as Node[])[0]!.range;
        const uses = [...lua.matchAll(new RegExp(`\\b${name}\\b`, "g"))]
            .map((match): [number, number] => [match.index, match.index + name.length])
            .filter((range) => range[0] !== target[0]);
        take(statement, value, uses);
    }
    return edited(lua, edits);
}

function rangeOf(node: Binding["uses"][number]): [number, number] {
    return node.range;
}
