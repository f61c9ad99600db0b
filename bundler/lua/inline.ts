import type { Binding, Edit, Node, Scopes } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** A function that is named once, where it is called. */
interface Once {
    definition: Node;
    call: Node;
}

function contains(outer: Node, inner: Node): boolean {
    return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1];
}

/** Gives each local a name that no other has, so that code can be moved. */
export function uniqueNames(lua: string): string {
    const edits: Edit[] = [];
    readScopes(lua).bindings.forEach(({ declaration, name, uses }, index) => {
        const text = `____${index}_${name.replace(/^____\d+_/, "")}`;
        for (const node of [declaration, ...uses]) edits.push({ range: node.range, text });
    });
    return edited(lua, edits);
}

/** Functions of the program's own blocks, and where they are named. */
function definitions({ bindings, blocks, globals }: Scopes): { definition: Node; uses: Node[] }[] {
    const exported = new Map<string, Node>();
    const named = new Map<string, Node[]>();
    for (const statement of blocks.flat())
        if (statement.type === "FunctionDeclaration" && statement["isLocal"] !== true)
            exported.set((statement["identifier"] as Node)["name"] as string, statement);
    for (const node of globals) named.set(node["name"] as string, [...(named.get(node["name"] as string) ?? []), node]);
    const found: { definition: Node; uses: Node[] }[] = [...exported]
        .filter(([name]) => name.startsWith("____e_"))
        .map(([name, definition]) => ({
            definition,
            uses: (named.get(name) ?? []).filter((use) => use !== definition["identifier"]),
        }));
    for (const { statement, uses, written } of bindings)
        if (statement?.type === "FunctionDeclaration" && !written) found.push({ definition: statement, uses });
    return found;
}

/** Functions that are named once, in a call, outside of themselves. */
function calledOnce(scopes: Scopes): Once[] {
    return definitions(scopes).flatMap(({ definition, uses }) => {
        const call = scopes.calls.find((node) => node["base"] === uses[0]);
        return uses.length === 1 && call !== undefined && !contains(definition, call) ? [{ definition, call }] : [];
    });
}

/** Every statement in these that ends their function, wherever it stands. */
function returnsIn(statements: Node[]): Node[] {
    return statements.flatMap((statement) => {
        if (statement.type === "ReturnStatement") return [statement];
        if (statement.type === "FunctionDeclaration") return [];
        const clauses = (statement["clauses"] as Node[] | undefined) ?? [];
        const inner = [statement, ...clauses].flatMap((node) => (node["body"] as Node[] | undefined) ?? []);
        return returnsIn(inner);
    });
}

/**
 * Moves one function to the only place that calls it. The program's locals have names of their own.
 * @param most octets of a function that is moved: where functions are read when they are called, a long one is not to be part of another
 */
export function inlineOne(lua: string, most = Infinity): string {
    const scopes = readScopes(lua);
    for (const { definition, call } of calledOnce(scopes)) {
        if (definition.range[1] - definition.range[0] > most) continue;
        const text = replacement(lua, scopes, definition, call);
        if (text === undefined) continue;
        return edited(lua, [text, { range: definition.range, text: "" }]);
    }
    return lua;
}

/** Puts one function where its name is only a value, in a table or as an argument: it needs no name. */
export function inlineValue(lua: string): string {
    const scopes = readScopes(lua);
    for (const { definition, uses } of definitions(scopes)) {
        const [use] = uses;
        const called = scopes.calls.some((call) => call["base"] === use);
        if (uses.length !== 1 || use === undefined || called || contains(definition, use)) continue;
        // in a table of the program itself: whatever else it uses has its value when it is called
        const tables = scopes.keys.filter((key) => key["value"] === use);
        if (tables.length === 0 || !seesTheSame(scopes, definition, use)) continue;
        const from = lua.indexOf("(", (definition["identifier"] as Node).range[1]);
        const text = `function${lua.slice(from, definition.range[1])}`;
        return edited(lua, [
            { range: use.range, text },
            { range: definition.range, text: "" },
        ]);
    }
    return lua;
}

/** What stands instead of the call, and of the statement around it. Undefined: the function has to stay one. */
function replacement(lua: string, scopes: Scopes, definition: Node, call: Node): Edit | undefined {
    const parameters = definition["parameters"] as Node[];
    const given = call["arguments"] as Node[];
    const body = definition["body"] as Node[];
    if (given.length > parameters.length || parameters.some(({ type }) => type !== "Identifier")) return undefined;
    if (!seesTheSame(scopes, definition, call)) return undefined;

    // a parameter that is a local of the caller's, or a constant, and stays so, needs no local of its own
    const edits: Edit[] = [];
    const locals: [name: string, value: string][] = [];
    parameters.forEach((parameter, index) => {
        const binding = scopes.meaning.get(parameter)!;
        const value = given[index];
        const same = value !== undefined && !binding.written && isConstant(value, scopes);
        if (same) for (const use of binding.uses) edits.push({ range: use.range, text: lua.slice(...value.range) });
        else locals.push([binding.name, value === undefined ? "nil" : textOf(value, lua)]);
    });
    const last = body.at(-1);
    const result = body.length === 1 && last?.type === "ReturnStatement" ? (last["arguments"] as Node[]) : [];
    if (result.length === 1) takeValues();
    const moved = (from: number, to: number): string => {
        const inside = edits.filter(({ range }) => from <= range[0] && range[1] <= to);
        const shifted = inside.map(({ range, text }): Edit => ({ range: [range[0] - from, range[1] - from], text }));
        return edited(lua.slice(from, to), shifted);
    };
    const start = body[0]?.range[0] ?? 0;
    if (result.length === 1 && locals.length === 0)
        return { range: call.range, text: `(${moved(...result[0]!.range)})` };
    /** In an expression a parameter that is named once is what was given for it: nothing happens in between. */
    function takeValues(): void {
        const values = parameters.map((parameter, index) => ({
            binding: scopes.meaning.get(parameter)!,
            value: given[index],
        }));
        const open = values.filter(({ binding }) => locals.some(([name]) => name === binding.name));
        const quiet = ({ binding, value }: (typeof values)[0]): boolean =>
            value !== undefined && binding.uses.length === 1 && !binding.written && isQuiet(value);
        if (!open.every(quiet)) return;
        locals.length = 0;
        for (const { binding, value } of open)
            edits.push({ range: binding.uses[0]!.range, text: `(${lua.slice(...value!.range)})` });
    }
    const statement = scopes.blocks.flat().find((node) => isAround(node, call));
    if (statement === undefined || last === undefined) return undefined;
    const head = locals.length === 0 ? "" : `local ${locals.map(([name]) => name).join(", ")} = ${padded(locals)} `;
    const returns = returnsIn(body);
    const whole = (): string => moved(start, endOf(definition));
    const ends = statement === scopes.body.at(-1); // then what returns there ends the program
    if (statement.type === "CallStatement" && (returns.length === 0 || ends))
        return { range: statement.range, text: `do ${head}${whole()} end` };
    if (statement.type === "ReturnStatement")
        return {
            range: statement.range,
            text: `do ${head}${whole()} end${last.type === "ReturnStatement" ? "" : " return"}`,
        };
    const [value] = (last["arguments"] as Node[] | undefined) ?? [];
    if (statement.type !== "LocalStatement" || returns.length !== 1 || returns[0] !== last || value === undefined)
        return undefined;
    if ((last["arguments"] as Node[]).length !== 1) return undefined;
    const name = (statement["variables"] as Node[])[0]!["name"] as string;
    const steps = moved(start, last.range[0]);
    return { range: statement.range, text: `local ${name} do ${head}${steps} ${name} = ${moved(...value.range)} end` };
}

/** Where a function's body ends: before its last word. */
function endOf(definition: Node): number {
    return definition.range[1] - "end".length;
}

function textOf(node: Node, lua: string): string {
    return node["inParens"] === true ? `(${lua.slice(...node.range)})` : lua.slice(...node.range);
}

/** A call in the end would give its second value to the name behind it. */
function padded(locals: [name: string, value: string][]): string {
    return locals.map(([, value]) => value).join(", ");
}

/** The statement whose only expression is the call. */
function isAround(statement: Node, call: Node): boolean {
    if (statement.type === "CallStatement") return statement["expression"] === call;
    const list = statement[statement.type === "ReturnStatement" ? "arguments" : "init"] as Node[] | undefined;
    const alone = list?.length === 1 && list[0] === call && call["inParens"] !== true;
    const variables = statement["variables"] as Node[] | undefined;
    return (
        alone &&
        (statement.type === "ReturnStatement" || (statement.type === "LocalStatement" && variables?.length === 1))
    );
}

function isConstant(node: Node, { meaning }: Scopes): boolean {
    if (/^(Numeric|String|Boolean|Nil)Literal$/.test(node.type)) return true;
    const binding: Binding | undefined = meaning.get(node);
    return binding !== undefined && !binding.written;
}

/** A value that nothing else changes while an expression is worked out, and that changes nothing: no call in it. */
function isQuiet(node: Node): boolean {
    if (node.type === "MemberExpression") return isQuiet(node["base"] as Node);
    if (node.type === "BinaryExpression") return isQuiet(node["left"] as Node) && isQuiet(node["right"] as Node);
    return /^(Identifier|(Numeric|String|Boolean|Nil)Literal)$/.test(node.type);
}

/** Does every local that the function uses, and has not itself, mean the same where it is called? */
function seesTheSame({ bindings }: Scopes, definition: Node, call: Node): boolean {
    const visible = ({ scope }: Binding): boolean => scope[0] <= call.range[0] && call.range[1] <= scope[1];
    return bindings.every(
        (binding) =>
            contains(definition, binding.declaration) ||
            visible(binding) ||
            !binding.uses.some((use) => contains(definition, use)),
    );
}
