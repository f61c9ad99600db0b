import { parse } from "acorn";
import type { Node } from "acorn";

/** A node of acorn's tree, its parts by name. */
export type Tree = Node & Record<string, unknown>;

/** A function or constant of the whole program. */
export interface Top {
    name: string;
    id: Tree;
    /** the statement */
    node: Tree;
    /** identifiers elsewhere that mean it */
    uses: Use[];
}

export interface Use {
    node: Tree;
    parent: Tree;
    /** the call, if this is what is called */
    call: Tree | undefined;
    /** the statement of the program that it is in, and whether a function in that one uses it */
    inside: Tree;
    nested: boolean;
}

export interface Edit {
    start: number;
    end: number;
    text: string;
}

export function isTree(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && typeof (value as Tree).type === "string";
}

export function children(node: Tree): Tree[] {
    return Object.values(node)
        .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
        .filter(isTree);
}

/** Parses a flat program. */
export function readProgram(text: string): Tree {
    return parse(text, { ecmaVersion: 2020 }) as unknown as Tree;
}

/** Calls `visit` with each node below, what it is in, and how many functions below the first node it is in. */
export function walk(node: Tree, visit: (node: Tree, parent: Tree, depth: number) => void, depth = 0): void {
    for (const child of children(node)) {
        visit(child, node, depth);
        walk(child, visit, depth + (isFunction(child) ? 1 : 0));
    }
}

export function isFunction(node: Tree): boolean {
    return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

export function has(node: Tree, is: (node: Tree) => boolean): boolean {
    return children(node).some((child) => is(child) || has(child, is));
}

/** An identifier that is a variable, and no property's or label's name. */
export function isVariable(node: Tree, parent: Tree): boolean {
    if (node.type !== "Identifier") return false;
    const named = parent["key"] === node || parent["property"] === node;
    return !named || parent["computed"] === true || (parent.type === "Property" && parent["value"] === node);
}

/** What the program declares, in order, with its uses. Throws when a name is declared anywhere else: nothing may be taken for another. */
export function readTops(program: Tree): Top[] {
    const tops: Top[] = [];
    for (const node of program["body"] as Tree[]) {
        const declared = node.type === "VariableDeclaration" ? (node["declarations"] as Tree[]) : [];
        if (declared.length > 1) throw new Error("bundler/espruino/js-program.ts: two variables in one statement.");
        const id = (node.type === "FunctionDeclaration" ? node["id"] : declared[0]?.["id"]) as Tree | undefined;
        if (id !== undefined) tops.push({ name: id["name"] as string, id, node, uses: [] });
    }
    const byName = new Map(tops.map((top) => [top.name, top]));
    for (const inside of program["body"] as Tree[]) {
        walk(inside, (node, parent, depth) => {
            const top = isVariable(node, parent) ? byName.get(node["name"] as string) : undefined;
            if (top === undefined) return;
            const parameter = isFunction(parent) && parent["body"] !== node;
            if (parameter || parent["id"] === node || parent["param"] === node) {
                if (node.start === top.id.start) return;
                throw new Error(`The name ${top.name} is declared twice: give one of the two another.`);
            }
            const call = parent.type === "CallExpression" && parent["callee"] === node ? parent : undefined;
            top.uses.push({ node, parent, call, inside, nested: depth > 0 });
        });
    }
    return tops;
}

/** Is it given another value after its declaration? Then it has to last. */
export function isWritten({ uses }: Top): boolean {
    return uses.some(
        ({ node, parent }) =>
            (parent["left"] === node && /^(Assign|For)/.test(parent.type)) || parent.type === "UpdateExpression",
    );
}

export function range(node: Tree): { start: number; end: number } {
    return { start: node.start, end: node.end };
}

/** A node's text with the edits that are in it. */
export function edited(text: string, node: Tree, edits: Edit[]): string {
    let out = "";
    let at = node.start;
    const own = edits.filter((edit) => node.start <= edit.start && edit.end <= node.end);
    for (const edit of own.sort((a, b) => a.start - b.start || a.end - b.end)) {
        if (edit.start < at)
            throw new Error(`bundler/espruino/js-program.ts: two changes at ${text.slice(edit.start, at)}`);
        out += text.slice(at, edit.start) + edit.text;
        at = edit.end;
    }
    return out + text.slice(at, node.end);
}
