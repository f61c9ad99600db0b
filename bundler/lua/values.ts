import type { Binding, Edit, Node, Scopes } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** What a node is made of, in the order in which Lua works it out; what is only worked out sometimes, or again and again, comes as `undefined`. */
function inOrder(node: Node): (Node | undefined)[] {
    switch (node.type) {
        case "LocalStatement":
        case "ReturnStatement":
            return ((node["init"] ?? node["arguments"]) as Node[]).flatMap(inOrder);
        case "AssignmentStatement": {
            // `a.b = v`: the table is looked up before the value, and it stays the same one
            const targets = (node["variables"] as Node[]).flatMap((target) =>
                target.type === "Identifier" ? [] : inOrder(target["base"] as Node),
            );
            return [...targets, ...(node["init"] as Node[]).flatMap(inOrder)];
        }
        case "CallStatement":
            return inOrder(node["expression"] as Node);
        case "IfStatement":
            return [...inOrder((node["clauses"] as Node[])[0]!["condition"] as Node), undefined];
        case "ForGenericStatement":
            return [...(node["iterators"] as Node[]).flatMap(inOrder), undefined];
        case "CallExpression":
            return [...inOrder(node["base"] as Node), ...(node["arguments"] as Node[]).flatMap(inOrder), node];
        case "MemberExpression":
            return [...inOrder(node["base"] as Node), node];
        case "BinaryExpression":
            return [...inOrder(node["left"] as Node), ...inOrder(node["right"] as Node)];
        case "LogicalExpression":
            return [...inOrder(node["left"] as Node), undefined];
        case "UnaryExpression":
            return inOrder(node["argument"] as Node);
        case "Identifier":
            return [node];
        default:
            return /Literal$/.test(node.type) ? [] : [undefined];
    }
}

/** Does the value depend on when it is worked out, or what is done then? */
function kindOf(value: Node, { meaning }: Scopes): "constant" | "reads" | "works" {
    const parts = inOrder(value);
    if (parts.some((part) => part === undefined || part.type === "CallExpression")) return "works";
    const constant = (part: Node | undefined): boolean => {
        const binding = part === undefined ? undefined : meaning.get(part);
        return binding !== undefined && !binding.written;
    };
    return parts.every(constant) ? "constant" : "reads";
}

/** May the value be worked out only where the name stands in the statement behind it? */
function isNext(use: Node, statement: Node, value: Node, scopes: Scopes): boolean {
    const kind = kindOf(value, scopes);
    for (const part of inOrder(statement)) {
        if (part === use) return true;
        if (part === undefined) return false;
        if (part.type === "CallExpression" && kind !== "constant") return false;
        const binding: Binding | undefined = scopes.meaning.get(part);
        const fixed = binding !== undefined && !binding.written;
        // functions of the program keep their value, whatever the name of them
        const isCalled = scopes.calls.some((call) => call["base"] === part);
        if (kind === "works" && !fixed && !isCalled) return false;
    }
    return false;
}

/** A value's text; luaparse's range is without parentheses. */
function whole(value: Node, lua: string): string {
    const text = lua.slice(...value.range);
    return value["inParens"] === true ? `(${text})` : text;
}

/** Where a value stands in another one, it may need parentheses. */
function fitted(value: Node, lua: string): string {
    const alone = /^(Identifier|MemberExpression|CallExpression|.*Literal)$/.test(value.type);
    return alone ? whole(value, lua) : `(${lua.slice(...value.range)})`;
}

/** `local a = f(b) g(a)` as `g(f(b))`, where nothing happens in between that could change what it means. */
export function nameNothingOnce(lua: string): string {
    const scopes = readScopes(lua);
    for (const block of scopes.blocks) {
        for (let i = 0; i + 1 < block.length; i++) {
            const [statement, next] = [block[i]!, block[i + 1]!];
            const [variable, ...others] = (statement["variables"] as Node[] | undefined) ?? [];
            const [value, ...more] = (statement["init"] as Node[] | undefined) ?? [];
            if (statement.type !== "LocalStatement" || variable === undefined || value === undefined) continue;
            if (others.length > 0 || more.length > 0) continue;
            const { uses, written } = scopes.meaning.get(variable)!;
            const [use] = uses;
            if (use === undefined || uses.length > 1 || written || !isNext(use, next, value, scopes)) continue;
            return edited(lua, [
                { range: statement.range, text: "" },
                { range: use.range, text: fitted(value, lua) },
            ]);
        }
    }
    return lua;
}

/** `local a = b`, where neither is given another value, as `b`. */
export function dropCopies(lua: string): string {
    const { blocks, meaning } = readScopes(lua);
    for (const statement of blocks.flat()) {
        const [variable, ...others] = (statement["variables"] as Node[] | undefined) ?? [];
        const [value, ...more] = (statement["init"] as Node[] | undefined) ?? [];
        if (statement.type !== "LocalStatement" || variable === undefined || value === undefined) continue;
        const [copy, original] = [meaning.get(variable)!, meaning.get(value)];
        if (others.length + more.length > 0 || original === undefined || copy.written || original.written) continue;
        return edited(lua, [
            { range: statement.range, text: "" },
            ...copy.uses.map(({ range }) => ({ range, text: original.name })),
        ]);
    }
    return lua;
}

/** `local a, b = 1, 2` as `local a = 1 local b = 2`, for the passes that look at one name. `joinLocals` is the way back. */
export function splitLocals(lua: string): string {
    const edits: Edit[] = [];
    for (const statement of readScopes(lua).blocks.flat()) {
        const [variables, values] = [statement["variables"], statement["init"]] as [Node[], Node[]];
        if (statement.type !== "LocalStatement" || variables.length < 2 || values.length !== variables.length) continue;
        if (values.some((value) => value.type === "FunctionDeclaration" || value.type === "TableConstructorExpression"))
            continue;
        const text = variables.map((variable, i) => `local ${variable["name"] as string} = ${whole(values[i]!, lua)}`);
        edits.push({ range: statement.range, text: text.join(" ") });
    }
    return edited(lua, edits);
}
