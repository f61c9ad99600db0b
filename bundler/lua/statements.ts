import type { Binding, Edit, Node, Scopes } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** The text of a statement or expression; parentheses around it are not part of its range. */
function textOf(node: Node, lua: string): string {
    return node["inParens"] === true ? `(${lua.slice(...node.range)})` : lua.slice(...node.range);
}

/** `x == nil` for `x ~= nil`, and the other way round; anything else gets a `not`. */
function negated(condition: Node, lua: string): string {
    const text = lua.slice(...condition.range);
    const operator = condition["operator"];
    if (operator === "not") return textOf(condition["argument"] as Node, lua);
    if (operator !== "==" && operator !== "~=") return `not (${text})`;
    const [left, right] = [condition["left"] as Node, condition["right"] as Node];
    return `${textOf(left, lua)} ${operator === "==" ? "~=" : "=="} ${textOf(right, lua)}`;
}

/** A local that a statement declares alone, and its value if it has one. */
function oneLocal(node: Node | undefined): { variable: Node; init: Node | undefined } | undefined {
    const variables = node?.["variables"] as Node[] | undefined;
    const init = node?.["init"] as Node[] | undefined;
    if (node?.type !== "LocalStatement" || variables?.length !== 1 || init === undefined || init.length > 1)
        return undefined;
    return { variable: variables[0]!, init: init[0] };
}

/** The two values of `if c then x = a else x = b end`. */
function choice(node: Node | undefined, binding: Binding, meaning: Scopes["meaning"]): [Node, Node, Node] | undefined {
    const clauses = node?.["clauses"] as Node[] | undefined;
    if (node?.type !== "IfStatement" || clauses?.length !== 2 || clauses[1]!.type !== "ElseClause") return undefined;
    const values: Node[] = [];
    for (const clause of clauses) {
        const [only, ...more] = clause["body"] as Node[];
        const [target] = (only?.["variables"] as Node[] | undefined) ?? [];
        if (only?.type !== "AssignmentStatement" || more.length > 0 || meaning.get(target!) !== binding)
            return undefined;
        values.push((only["init"] as Node[])[0]!);
    }
    return [clauses[0]!["condition"] as Node, values[0]!, values[1]!];
}

/**
 * What typescript-to-lua makes of `c ? a : b` when `a` may be nil is a local of its own and an `if`. Where it is only returned, or
 * named, at once, that is shorter: `if c then return a end return b`, and `local x if not c then x = b end`.
 */
export function shortenChoices(lua: string): string {
    const { blocks, meaning } = readScopes(lua);
    for (const block of blocks) {
        for (let i = 0; i + 2 < block.length; i++) {
            const edits: Edit[] = [];
            const [first, second, third] = [block[i]!, block[i + 1]!, block[i + 2]!];
            const local = oneLocal(first);
            const binding = local === undefined ? undefined : meaning.get(local.variable);
            if (local === undefined || local.init !== undefined || binding?.uses.length !== 3) continue;
            const chosen = choice(second, binding, meaning);
            if (chosen === undefined) continue;
            const [condition, a, b] = chosen;
            const named = oneLocal(third);
            const returned = third.type === "ReturnStatement" ? (third["arguments"] as Node[]) : [];
            let text: string | undefined;
            if (returned.length === 1 && meaning.get(returned[0]!) === binding) {
                text = `if ${textOf(condition, lua)} then return ${textOf(a, lua)} end return ${textOf(b, lua)}`;
            } else if (named?.init !== undefined && meaning.get(named.init) === binding) {
                // its name may be one that the values use: those mean another local
                const name = `____${binding.name}_${named.variable["name"] as string}`;
                const renamed = meaning.get(named.variable)!;
                for (const use of renamed.uses) edits.push({ range: use.range, text: name });
                text = `local ${name} if ${negated(condition, lua)} then ${name} = ${textOf(b, lua)}`;
                text += a.type === "NilLiteral" ? " end" : ` else ${name} = ${textOf(a, lua)} end`;
            }
            if (text === undefined) continue;
            return edited(lua, [...edits, { range: [first.range[0], third.range[1]], text }]); // one at a time
        }
    }
    return lua;
}

function withoutInner(edits: Edit[]): Edit[] {
    const inside = (a: Edit, b: Edit): boolean => a !== b && b.range[0] <= a.range[0] && a.range[1] <= b.range[1];
    return edits.filter((edit) => !edits.some((other) => inside(edit, other)));
}

/** `local a = 1 local b = 2` as `local a, b = 1, 2`, where no value names one of the locals before it. */
export function joinLocals(lua: string): string {
    const { blocks, meaning } = readScopes(lua);
    const edits: Edit[] = [];
    for (const block of blocks) {
        for (let i = 0; i < block.length; i++) {
            const names: string[] = [];
            const values: string[] = [];
            const bindings: Binding[] = [];
            let end = i;
            for (; end < block.length; end++) {
                const local = oneLocal(block[end]);
                if (local === undefined) break;
                const { variable, init } = local;
                const uses = (binding: Binding): boolean =>
                    init !== undefined &&
                    binding.uses.some(({ range }) => init.range[0] <= range[0] && range[1] <= init.range[1]);
                if (bindings.some(uses)) break;
                bindings.push(meaning.get(variable)!);
                names.push(variable["name"] as string);
                values.push(init === undefined ? "nil" : textOf(init, lua));
            }
            if (end - i < 2) continue;
            const range: Edit["range"] = [block[i]!.range[0], block[end - 1]!.range[1]];
            while (values.at(-1) === "nil") values.pop();
            // a call in the end would give its second value to the name behind it
            if (values.length > 0 && values.length < names.length && values.at(-1)!.endsWith(")")) values.push("nil");
            const right = values.length === 0 ? "" : ` = ${values.join(", ")}`;
            edits.push({ range, text: `local ${names.join(", ")}${right}` });
            i = end - 1;
        }
    }
    return edited(lua, withoutInner(edits));
}

/** Blocks of their own inside of functions, and empty ones anywhere, without \`do\` and \`end\`. Each local has a name of its own. */
export function unwrapBlocks(lua: string): string {
    const { blocks, body } = readScopes(lua);
    for (const block of blocks) {
        for (const [index, statement] of block.entries()) {
            if (statement.type !== "DoStatement") continue;
            const inner = statement["body"] as Node[];
            const last = inner.at(-1);
            const ends = last?.type === "ReturnStatement" || last?.type === "BreakStatement";
            const stays = last !== undefined && (block === body || (ends && index < block.length - 1));
            if (stays) continue;
            const text = last === undefined ? "" : lua.slice(inner[0]!.range[0], last.range[1]);
            return edited(lua, [{ range: statement.range, text: ` ${text} ` }]); // one at a time
        }
    }
    return lua;
}

/** `local x … x = f()` as `local x = f()`, where nothing in between names it. */
export function declareLate(lua: string): string {
    const { blocks, meaning } = readScopes(lua);
    for (const block of blocks) {
        for (const [index, statement] of block.entries()) {
            const local = oneLocal(statement);
            const binding = local === undefined ? undefined : meaning.get(local.variable);
            if (local === undefined || local.init !== undefined || binding === undefined) continue;
            const names = (node: Node): Node[] =>
                binding.uses.filter((use) => node.range[0] <= use.range[0] && use.range[1] <= node.range[1]);
            const first = block.slice(index + 1).find((next) => names(next).length > 0);
            const [target] = (first?.["variables"] as Node[] | undefined) ?? [];
            const single = first?.type === "AssignmentStatement" && (first["variables"] as Node[]).length === 1;
            if (first === undefined || !single || meaning.get(target!) !== binding || names(first).length > 1) continue;
            return edited(lua, [
                { range: statement.range, text: "" },
                { range: [first.range[0], first.range[0]], text: "local " },
            ]);
        }
    }
    return lua;
}
