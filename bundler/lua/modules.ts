import type { Binding, Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** A module of typescript-to-lua's bundle: its Lua, where each export has the name that it has in the whole program. */
export interface LuaModule {
    name: string;
    imports: string[];
    lua: string;
}

/** The name of a module's export in the whole program. */
export function exportName(module: string, name: string): string {
    return `____e_${module.replace(/\W/g, "_")}_${name}`;
}

/** The modules that the entry needs, those that others need first, and the entry's own name. */
export function readModules(bundle: string): { modules: LuaModule[]; entry: string } {
    const start = bundle.indexOf("____modules = {\n");
    const end = bundle.lastIndexOf("local ____entry = require(");
    const entry = /^local ____entry = require\("([^"]+)"/.exec(bundle.slice(end))?.[1];
    if (start < 0 || end < 0 || entry === undefined)
        throw new Error("typescript-to-lua's bundle has a shape unknown to bundler/lua/modules.ts");
    const all = new Map<string, LuaModule>();
    for (const [, name = "", lua = ""] of bundle
        .slice(start, end)
        .matchAll(/^\["([^"]+)"\] = function\(\.\.\.\)([\s\S]*?)^ end,$/gm))
        all.set(name, readModule(name, lua));
    const modules: LuaModule[] = [];
    const seen = new Set<string>();
    const visit = (name: string, path: string[]): void => {
        const module = all.get(name);
        if (module === undefined) throw new Error(`${path.join(" → ")} imports ${name}, which is not in the bundle.`);
        if (path.includes(name)) throw new Error(`These modules import each other: ${[...path, name].join(" → ")}.`);
        if (seen.has(name)) return;
        seen.add(name);
        for (const imported of module.imports) visit(imported, [...path, name]);
        modules.push(module);
    };
    visit(entry, []);
    return { modules, entry };
}

function readModule(name: string, lua: string): LuaModule {
    const { body, meaning, members } = readScopes(lua);
    const imports = new Map<Binding, string>();
    const aliases = new Map<Binding, string>();
    const edits: Edit[] = [];
    let own: Binding | undefined;

    /** What `local x = …` stands for, if that is an export, a module, or the exports themselves. */
    function isPlumbing(variable: Node, init: Node | undefined): boolean {
        const binding = meaning.get(variable)!;
        if (binding.name === "____exports") own = binding;
        else if (init?.type === "CallExpression" && (init["base"] as Node)["name"] === "require")
            imports.set(binding, ((init["arguments"] as Node[])[0]!["value"] as string) ?? "");
        else if (init?.type === "MemberExpression" && imports.has(meaning.get(init["base"] as Node)!))
            aliases.set(binding, exportName(imports.get(meaning.get(init["base"] as Node)!)!, memberName(init)));
        else return false;
        return true;
    }

    const dropped = new Set<Node>();
    for (const statement of body) {
        const variables = statement["variables"] as Node[] | undefined;
        const local = statement.type === "LocalStatement" && variables?.length === 1;
        const result = statement.type === "ReturnStatement";
        if (!result && !(local && isPlumbing(variables[0]!, (statement["init"] as Node[])[0]))) continue;
        edits.push({ range: statement.range, text: "" });
        dropped.add(statement);
    }
    const inDropped = (node: Node): boolean =>
        [...dropped].some(({ range }) => range[0] <= node.range[0] && node.range[1] <= range[1]);
    for (const member of members) {
        const base = meaning.get(member["base"] as Node);
        if (base === undefined || inDropped(member)) continue;
        const module = base === own ? name : imports.get(base);
        if (module !== undefined)
            edits.push({ range: memberRange(member), text: exportName(module, memberName(member)) });
    }
    for (const [binding, text] of aliases) for (const use of binding.uses) edits.push({ range: use.range, text });
    return { name, imports: [...imports.values()], lua: edited(lua, edits) };
}

/** From the base to the name: luaparse's own range may go further. */
function memberRange(member: Node): [number, number] {
    return [(member["base"] as Node).range[0], (member["identifier"] as Node).range[1]];
}

function memberName(member: Node): string {
    return (member["identifier"] as Node)["name"] as string;
}
