import type { Edit, Top, Tree } from "./js-program.ts";
import { edited, isFunction, isWritten, range, readProgram, readTops, walk } from "./js-program.ts";

/** Octets of a name at the top level where it is used, and of its declaration beside its value. */
const NAME_OCTETS = 2;
const DECLARATION_OCTETS = 4;

/** The firmware's functions that want no `this`. */
const STATIC = /^(String|Math)\.\w+$/;

/** Octets that a name of its own must save: in memory it takes two variables or more. */
const WORTH_OCTETS = 20;

/**
 * Says the same in fewer octets and variables: constants are written where they are used, `let` stands for `const`, `==` for `===`
 * (the types are compared by TypeScript), `null` for `undefined` beside it, and variables for a record's members. `bundler/espruino/overlay.ts` does the rest.
 * @param bundle one flat program, not minified
 */
export function shrinkEspruino(bundle: string): string {
    const program = readProgram(bundle);
    const edits: Edit[] = [];
    const gone = new Set<Tree>();
    for (const node of program["body"] as Tree[]) shorten(node, bundle, edits);
    const tops = readTops(program);
    for (const top of tops) {
        const value = literalOf(top, bundle) ?? tableOf(top, tops);
        if (value === undefined || isLong(value, top.uses.length)) continue;
        for (const { node, parent } of top.uses)
            edits.push({ ...range(node), text: parent["shorthand"] === true ? `${top.name}: ${value}` : value });
        gone.add(top.node);
    }
    const members = new Set<string>();
    const called = new Set<unknown>(); // where `this` is the record
    walk(program, (node) => void (node.type === "CallExpression" && called.add(node["callee"])));
    for (const top of tops.filter((one) => isRecord(one, called))) {
        gone.add(top.node);
        for (const { parent } of top.uses) {
            const name = `${top.name}_${(parent["property"] as Tree)["name"] as string}`;
            edits.push({ ...range(parent), text: name });
            members.add(name);
        }
    }
    if (tops.some(({ name }) => members.has(name)))
        throw new Error("bundler/espruino/shrink.ts: a member's name is taken.");
    const kept = (program["body"] as Tree[]).filter((node) => !gone.has(node));
    const declared = [...members].map((name) => `let ${name};`);
    const firmwares = nameFirmwares(program, bundle, edits);
    return [...declared, ...firmwares, ...kept.map((node) => edited(bundle, node, edits))].join("\n");
}

/** Is something much shorter by a name of its own? */
function isLong(text: string, uses: number): boolean {
    return text.length * uses >= text.length + DECLARATION_OCTETS + NAME_OCTETS * uses + WORTH_OCTETS;
}

function initOf({ node }: Top): Tree | undefined {
    if (node.type !== "VariableDeclaration") return undefined;
    return ((node["declarations"] as Tree[])[0]?.["init"] ?? undefined) as Tree | undefined;
}

function literalOf(top: Top, text: string): string | undefined {
    const init = initOf(top);
    return init?.type === "Literal" && !isWritten(top) ? text.slice(init.start, init.end) : undefined;
}

/** Gives the firmware's functions that are named often a shorter name. @returns its declarations */
function nameFirmwares(program: Tree, bundle: string, edits: Edit[]): string[] {
    const places = new Map<string, Tree[]>();
    walk(program, (node) => {
        const text = node.type === "MemberExpression" ? bundle.slice(node.start, node.end) : "";
        if (STATIC.test(text)) places.set(text, [...(places.get(text) ?? []), node]);
    });
    return [...places].flatMap(([text, nodes]) => {
        if (!isLong(text, nodes.length)) return [];
        const name = text.replace(".", "_");
        for (const node of nodes) edits.push({ ...range(node), text: name });
        return [`let ${name} = ${text};`];
    });
}

/** A record that begins empty, and of which only the members are used, by their names: they can do without it. */
function isRecord(top: Top, called: Set<unknown>): boolean {
    const init = initOf(top);
    if (init?.type !== "ObjectExpression" || (init["properties"] as Tree[]).length > 0) return false;
    return top.uses.every(
        ({ node, parent }) =>
            parent.type === "MemberExpression" &&
            parent["object"] === node &&
            parent["computed"] === false &&
            !called.has(parent),
    );
}

/** A table of the program's functions, which is only looked into: `TABLE[key]`. */
function tableOf(top: Top, tops: Top[]): string | undefined {
    const init = initOf(top);
    if (init?.type !== "ObjectExpression" || top.uses.length !== 1) return undefined;
    const [use] = top.uses;
    if (use!.parent.type !== "MemberExpression" || use!.parent["object"] !== use!.node) return undefined;
    const names = new Set(tops.filter(({ node }) => isFunction(node)).map(({ name }) => name));
    const rows = (init["properties"] as Tree[]).map((property) => {
        const key = property["key"] as Tree;
        const value = property["value"] as Tree;
        const plain = property["computed"] !== true && key.type === "Identifier" && value.type === "Identifier";
        return plain && names.has(value["name"] as string)
            ? `${key["name"] as string}: ${value["name"] as string}`
            : undefined;
    });
    return rows.includes(undefined) ? undefined : `({ ${rows.join(", ")} })`;
}

/** Notes what can be said in fewer octets. */
function shorten(statement: Tree, text: string, edits: Edit[]): void {
    const visit = (node: Tree): void => {
        if (node.type === "VariableDeclaration" && node["kind"] !== "let")
            edits.push({ start: node.start, end: node.start + (node["kind"] as string).length, text: "let" });
        if (node.type !== "BinaryExpression" || !/^[!=]==$/.test(node["operator"] as string)) return;
        const operator = node["operator"] as string;
        const at = text.indexOf(operator, (node["left"] as Tree).end);
        edits.push({ start: at, end: at + 3, text: operator.slice(0, 2) });
        const right = node["right"] as Tree;
        if (right.type === "UnaryExpression" && right["operator"] === "void")
            edits.push({ ...range(right), text: "null" });
    };
    visit(statement);
    walk(statement, visit);
}
