import luaparse from "luaparse";

/** A node of luaparse's tree. */
export type Node = { type: string; range: [number, number] } & Record<string, unknown>;

/** A local name and all places where it is meant. */
export interface Binding {
    name: string;
    /** identifiers that read or write it, its declaration excepted */
    uses: Node[];
    /** it is assigned to after its declaration */
    written: boolean;
    /** where it can be meant, or a little more */
    scope: [number, number];
    /** the identifier that declares it */
    declaration: Node;
    /** the statement that declares it, when that is one of the chunk's own or of a `do` block of it */
    statement: Node | undefined;
}

/** What a chunk's names mean. */
export interface Scopes {
    body: Node[];
    bindings: Binding[];
    /** the binding of an identifier that means a local */
    meaning: Map<Node, Binding>;
    /** `x.name` and `x:name` */
    members: Node[];
    /** `{ name = … }` */
    keys: Node[];
    /** the statements of each block */
    blocks: Node[][];
    /** `a .. b`, and other pairs */
    pairs: Node[];
    /** `f(…)` */
    calls: Node[];
    /** identifiers that mean no local */
    globals: Node[];
    strings: Node[];
    functions: Node[];
    loops: Node[];
}

type Names = Map<string, Binding>;

/** Parses Lua 5.1 and finds what each name means. Throws what luaparse throws. */
export function readScopes(lua: string): Scopes {
    const chunk = luaparse.parse(lua, {
        luaVersion: "5.1",
        comments: false,
        ranges: true,
        onCreateNode(node) {
            // luaparse lets nodes share a range, which then grows with the outer ones, and ends an index before its bracket
            const { type, range } = node as Node;
            const end = type === "IndexExpression" ? lua.indexOf("]", range[1]) + 1 : range[1];
            (node as Node).range = [range[0], end];
        },
    }) as Node;
    const reader = new Reader();
    reader.block(chunk["body"] as Node[], new Map(), lua.length, true);
    return { body: chunk["body"] as Node[], ...reader.found };
}

class Reader {
    readonly found: Omit<Scopes, "body"> = {
        bindings: [],
        meaning: new Map(),
        members: [],
        keys: [],
        pairs: [],
        calls: [],
        globals: [],
        blocks: [],
        strings: [],
        functions: [],
        loops: [],
    };

    /** Reads statements in order; each local is known from its statement on. */
    block(statements: Node[], outer: Names, end: number, top = false): Names {
        const names = new Map(outer);
        this.found.blocks.push(statements);
        for (const statement of statements) this.statement(statement, names, end, top);
        return names;
    }

    private declare(identifier: Node, names: Names, end: number, statement?: Node): void {
        const name = identifier["name"] as string;
        const scope: [number, number] = [identifier.range[0], end];
        const binding: Binding = { name, uses: [], written: false, scope, declaration: identifier, statement };
        this.found.bindings.push(binding);
        this.found.meaning.set(identifier, binding);
        names.set(name, binding);
    }

    private statement(node: Node, names: Names, end: number, top: boolean): void {
        const own = node.range[1];
        if (/^(For|While|Repeat)/.test(node.type)) this.found.loops.push(node);
        switch (node.type) {
            case "LocalStatement":
                this.all(node["init"], names);
                for (const variable of node["variables"] as Node[])
                    this.declare(variable, names, end, top ? node : undefined);
                break;
            case "AssignmentStatement":
                this.all(node["init"], names);
                for (const variable of node["variables"] as Node[]) this.write(variable, names);
                break;
            case "FunctionDeclaration":
                if (node["isLocal"] === true)
                    this.declare(node["identifier"] as Node, names, end, top ? node : undefined);
                else this.write(node["identifier"] as Node, names);
                this.functionBody(node, names);
                break;
            case "DoStatement":
                this.block(node["body"] as Node[], names, own, top);
                break;
            case "RepeatStatement":
                this.expression(node["condition"] as Node, this.block(node["body"] as Node[], names, own));
                break;
            case "ForNumericStatement": {
                this.all([node["start"], node["end"], node["step"]], names);
                const inner = new Map(names);
                this.declare(node["variable"] as Node, inner, own);
                this.block(node["body"] as Node[], inner, own);
                break;
            }
            case "ForGenericStatement": {
                this.all(node["iterators"], names);
                const inner = new Map(names);
                for (const variable of node["variables"] as Node[]) this.declare(variable, inner, own);
                this.block(node["body"] as Node[], inner, own);
                break;
            }
            case "IfStatement":
                for (const clause of node["clauses"] as Node[]) {
                    if (clause["condition"] !== undefined) this.expression(clause["condition"] as Node, names);
                    this.block(clause["body"] as Node[], names, own);
                }
                break;
            case "WhileStatement":
                this.expression(node["condition"] as Node, names);
                this.block(node["body"] as Node[], names, own);
                break;
            case "ReturnStatement":
                this.all(node["arguments"], names);
                break;
            case "CallStatement":
                this.expression(node["expression"] as Node, names);
                break;
            case "BreakStatement":
                break;
            default:
                throw new Error(`bundler/lua/scopes.ts does not know ${node.type}.`);
        }
    }

    private write(target: Node, names: Names): void {
        this.expression(target, names);
        const binding = this.found.meaning.get(target);
        if (binding !== undefined) binding.written = true;
    }

    private functionBody(node: Node, names: Names): void {
        const inner = new Map(names);
        this.found.functions.push(node);
        for (const parameter of node["parameters"] as Node[])
            if (parameter.type === "Identifier") this.declare(parameter, inner, node.range[1]);
        this.block(node["body"] as Node[], inner, node.range[1]);
    }

    private all(nodes: unknown, names: Names): void {
        for (const node of nodes as (Node | null)[]) if (node !== null) this.expression(node, names);
    }

    private expression(node: Node, names: Names): void {
        if (node.type === "Identifier") {
            const binding = names.get(node["name"] as string);
            if (binding === undefined) {
                this.found.globals.push(node);
            } else {
                binding.uses.push(node);
                this.found.meaning.set(node, binding);
            }
        } else if (node.type === "FunctionDeclaration") {
            this.functionBody(node, names);
        } else if (node.type === "MemberExpression") {
            this.found.members.push(node);
            this.expression(node["base"] as Node, names);
        } else if (node.type === "TableKeyString") {
            this.found.keys.push(node);
            this.expression(node["value"] as Node, names);
        } else {
            if (node.type === "BinaryExpression") this.found.pairs.push(node);
            if (node.type === "CallExpression") this.found.calls.push(node);
            if (node.type === "StringLiteral") this.found.strings.push(node);
            for (const [key, value] of Object.entries(node)) {
                if (Array.isArray(value) && key !== "range") this.all(value, names);
                else if (value !== null && typeof value === "object" && key !== "range")
                    this.expression(value as Node, names);
            }
        }
    }
}

/** A replacement of a piece of text. */
export interface Edit {
    range: [number, number];
    text: string;
}

/** Replaces pieces that do not overlap. */
export function edited(text: string, edits: Edit[]): string {
    let out = "";
    let at = 0;
    for (const { range, text: piece } of [...edits].sort((a, b) => a.range[0] - b.range[0])) {
        if (range[0] < at)
            throw new Error(`Edits overlap: ${text.slice(range[0], range[1])} / ${text.slice(range[0] - 60, at + 20)}`);
        out += text.slice(at, range[0]) + piece;
        at = range[1];
    }
    return out + text.slice(at);
}
