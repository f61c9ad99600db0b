import { parse } from "acorn";
import type { Node } from "acorn";

/** A node of acorn's tree, its parts by name. */
type Tree = Node & Record<string, unknown>;

/** A function or constant of the whole program. */
interface Top {
    name: string;
    id: Tree;
    /** the statement */
    node: Tree;
    /** identifiers elsewhere that mean it */
    uses: Use[];
}

interface Use {
    node: Tree;
    parent: Tree;
    /** the call, if this is what is called */
    call: Tree | undefined;
    /** the statement of the program that it is in */
    inside: Tree;
}

interface Edit {
    start: number;
    end: number;
    text: string;
}

/** The function that makes the others: not a word that a source uses. */
const PART = "____part";

/** A constant is written where it is used if it is used once, or is no longer than this. */
const SHORT = 5;

function isTree(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && typeof (value as Tree).type === "string";
}

function children(node: Tree): Tree[] {
    return Object.values(node)
        .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
        .filter(isTree);
}

/** Calls `visit` with each node below, and what it is in. */
function walk(node: Tree, visit: (node: Tree, parent: Tree) => void): void {
    for (const child of children(node)) {
        visit(child, node);
        walk(child, visit);
    }
}

function isFunction(node: Tree): boolean {
    return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function has(node: Tree, is: (node: Tree) => boolean): boolean {
    return children(node).some((child) => is(child) || has(child, is));
}

/** An identifier that is a variable, and no property's or label's name. */
function isVariable(node: Tree, parent: Tree): boolean {
    if (node.type !== "Identifier") return false;
    const named = parent["key"] === node || parent["property"] === node;
    return !named || parent["computed"] === true || (parent.type === "Property" && parent["value"] === node);
}

/** What the program declares, in order, with its uses. Throws when a name is declared anywhere else: nothing may be taken for another. */
function readTops(program: Tree): Top[] {
    const tops: Top[] = [];
    for (const node of program["body"] as Tree[]) {
        const declared = node.type === "VariableDeclaration" ? (node["declarations"] as Tree[]) : [];
        if (declared.length > 1) throw new Error("scripts/espruino-shrink.ts: two variables in one statement.");
        const id = (node.type === "FunctionDeclaration" ? node["id"] : declared[0]?.["id"]) as Tree | undefined;
        if (id !== undefined) tops.push({ name: id["name"] as string, id, node, uses: [] });
    }
    const byName = new Map(tops.map((top) => [top.name, top]));
    for (const inside of program["body"] as Tree[]) {
        walk(inside, (node, parent) => {
            const top = isVariable(node, parent) ? byName.get(node["name"] as string) : undefined;
            if (top === undefined) return;
            const parameter = isFunction(parent) && parent["body"] !== node;
            if (parameter || parent["id"] === node || parent["param"] === node) {
                if (node.start === top.id.start) return;
                throw new Error(`The name ${top.name} is declared twice: give one of the two another.`);
            }
            const call = parent.type === "CallExpression" && parent["callee"] === node ? parent : undefined;
            top.uses.push({ node, parent, call, inside });
        });
    }
    return tops;
}

/**
 * The statements that need not last: functions that make no functions, and the constants that only these use. Such a function may be
 * passed on in one of these constants only: elsewhere it would keep all others alive.
 */
function chooseParts(tops: Top[]): Set<Tree> {
    const parts = new Set(
        tops
            .filter((top) => !has(top.node, isFunction) && !isWritten(top) && isRepeatable(top.node))
            .map(({ node }) => node),
    );
    const tables = new Set(tops.filter(({ node }) => node.type === "VariableDeclaration").map(({ node }) => node));
    for (let before = -1; before !== parts.size;) {
        before = parts.size;
        for (const { node, uses } of tops) {
            const stays = uses.some(({ inside, call }) =>
                tables.has(node) || (call === undefined && tables.has(inside))
                    ? !parts.has(inside)
                    : call === undefined,
            );
            if (stays) parts.delete(node);
        }
    }
    return parts;
}

/** A declaration that may be made again and again: of a function, or of what is written down. */
function isRepeatable(node: Tree): boolean {
    return node.type === "FunctionDeclaration" || (node.type === "VariableDeclaration" && !has(node, isWork));
}

function isWork(node: Tree): boolean {
    return /^(Call|New|Assignment|Update)Expression$/.test(node.type);
}

/** Is it given another value after its declaration? Then it has to last. */
function isWritten({ uses }: Top): boolean {
    return uses.some(
        ({ node, parent }) =>
            (parent["left"] === node && /^(Assign|For)/.test(parent.type)) || parent.type === "UpdateExpression",
    );
}

function literalOf(top: Top, text: string): string | undefined {
    if (top.node.type !== "VariableDeclaration" || isWritten(top)) return undefined;
    const init = (top.node["declarations"] as Tree[])[0]?.["init"] as Tree | undefined;
    return init?.type === "Literal" ? text.slice(init.start, init.end) : undefined;
}

/**
 * Makes a bundle fit a board with 1,600 variables of 12 octets, where each function costs four of them and each parameter one. The
 * functions that only work with what they are given are put into one, which makes them when one is called and lets go of them
 * when it returned; those that make functions themselves, or are passed on, stay as they are. And what is the same in fewer
 * octets: arrow functions, `==` (the types are compared by TypeScript), constants in place.
 * @param bundle one flat program, not minified
 */
export function shrinkEspruino(bundle: string): string {
    const program = parse(bundle, { ecmaVersion: 2020 }) as unknown as Tree;
    const tops = readTops(program);
    const edits: Edit[] = [];
    const gone = new Set<Tree>();

    for (const top of tops) {
        const value = literalOf(top, bundle);
        if (value === undefined || (value.length > SHORT && top.uses.length > 1)) continue;
        for (const { node, parent } of top.uses)
            edits.push({ ...range(node), text: parent["shorthand"] === true ? `${top.name}: ${value}` : value });
        gone.add(top.node);
    }

    const inPart = chooseParts(tops);
    const entries = tops.filter(({ node, uses }) => inPart.has(node) && uses.some(({ inside }) => !inPart.has(inside)));
    entries.forEach(({ uses }, index) => {
        for (const { call, inside } of uses) {
            if (call === undefined || inPart.has(inside)) continue;
            const [first] = call["arguments"] as Tree[];
            const head = `${PART}(${index}${first === undefined ? "" : ", "}`;
            edits.push({ start: call.start, end: first === undefined ? call.end - 1 : first.start, text: head });
        }
    });
    const widest = Math.max(0, ...entries.map(({ node }) => (node["params"] as Tree[]).length));
    const values = Array.from({ length: widest }, (_, index) => `____${index}`).join(", ");

    const aliases = aliasStandard([...inPart], bundle, edits);
    for (const node of program["body"] as Tree[]) shorten(node, bundle, edits);
    const textOf = (node: Tree): string => edited(bundle, node, edits);
    const parts: string[] = [];
    const rest: string[] = [];
    for (const node of program["body"] as Tree[])
        if (!gone.has(node)) (inPart.has(node) ? parts : rest).push(textOf(node));
    const names = entries.map(({ name }) => name).join(", ");
    return [
        `let ${PART} = (____which, ${values}) => {`,
        aliases,
        ...parts,
        `return [${names}][____which](${values});`,
        "};",
        ...rest,
    ].join("\n");
}

/** Gives a name to each of JavaScript's own functions that is called so often in these statements that this is shorter. */
function aliasStandard(statements: Tree[], text: string, edits: Edit[]): string {
    const places = new Map<string, Tree[]>();
    for (const statement of statements) {
        walk(statement, (node) => {
            if (node.type !== "MemberExpression") return;
            const name = text.slice(node.start, node.end);
            if (/^(Math|String)\.\w+$/.test(name)) places.set(name, [...(places.get(name) ?? []), node]);
        });
    }
    let head = "";
    for (const [name, nodes] of places) {
        if (nodes.length * (name.length - 1) < name.length + 4) continue;
        const alias = `____${name.replace(".", "_")}`;
        head += `let ${alias} = ${name};\n`;
        for (const node of nodes) edits.push({ ...range(node), text: alias });
    }
    return head;
}

/** Notes what can be said in fewer octets. */
function shorten(statement: Tree, text: string, edits: Edit[]): void {
    const visit = (node: Tree): void => {
        if (node.type === "VariableDeclaration" && node["kind"] !== "let") {
            edits.push({ start: node.start, end: node.start + (node["kind"] as string).length, text: "let" });
        }
        if (isFunction(node) && node.type !== "ArrowFunctionExpression" && !needsThis(node)) {
            const body = node["body"] as Tree;
            const open = text.indexOf("(", (node["id"] as Tree | null)?.end ?? node.start);
            const id = node["id"] as Tree | null;
            const declares = node.type === "FunctionDeclaration";
            edits.push({ start: node.start, end: open, text: declares ? `let ${id!["name"] as string} = ` : "" });
            edits.push({ start: body.start, end: body.start, text: "=> " });
            if (declares) edits.push({ start: node.end, end: node.end, text: ";" });
        } else if (node.type === "FunctionDeclaration") {
            const id = node["id"] as Tree;
            edits.push({ start: node.start, end: id.end, text: `let ${id["name"] as string} = function ` });
            edits.push({ start: node.end, end: node.end, text: ";" });
        } else if (node.type === "BinaryExpression" && /^[!=]==$/.test(node["operator"] as string)) {
            const operator = node["operator"] as string;
            const at = text.indexOf(operator, (node["left"] as Tree).end);
            edits.push({ start: at, end: at + 3, text: operator.slice(0, 2) });
            const right = node["right"] as Tree;
            if (right.type === "UnaryExpression" && right["operator"] === "void")
                edits.push({ ...range(right), text: "null" });
        }
    };
    visit(statement);
    walk(statement, visit);
}

/** What a function has and an arrow function has not. */
function needsThis(node: Tree): boolean {
    return children(node).some(
        (child) =>
            child.type === "ThisExpression" ||
            (child.type === "Identifier" && child["name"] === "arguments") ||
            (child.type !== "FunctionExpression" && child.type !== "FunctionDeclaration" && needsThis(child)),
    );
}

function range(node: Tree): { start: number; end: number } {
    return { start: node.start, end: node.end };
}

/** A node's text with the edits that are in it. */
function edited(text: string, node: Tree, edits: Edit[]): string {
    let out = "";
    let at = node.start;
    const own = edits.filter((edit) => node.start <= edit.start && edit.end <= node.end);
    for (const edit of own.sort((a, b) => a.start - b.start || a.end - b.end)) {
        if (edit.start < at)
            throw new Error(`scripts/espruino-shrink.ts: two changes at ${text.slice(edit.start, at)}`);
        out += text.slice(at, edit.start) + edit.text;
        at = edit.end;
    }
    return out + text.slice(at, node.end);
}
