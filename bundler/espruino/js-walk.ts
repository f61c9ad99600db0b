import type { AnyNode } from "acorn";

/** A node and what is around it, the innermost last. */
export type Visit = (node: AnyNode, parents: readonly AnyNode[]) => void;

function isNode(value: unknown): value is AnyNode {
    return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** The nodes directly inside a node, in the order of the source. */
export function children(node: AnyNode): AnyNode[] {
    const found: AnyNode[] = [];
    for (const value of Object.values(node) as unknown[]) {
        if (isNode(value)) found.push(value);
        else if (Array.isArray(value)) found.push(...value.filter(isNode));
    }
    return found.sort((a, b) => a.start - b.start);
}

/** Visits a node and all inside it. */
export function walk(node: AnyNode, visit: Visit, parents: AnyNode[] = []): void {
    visit(node, parents);
    parents.push(node);
    for (const child of children(node)) walk(child, visit, parents);
    parents.pop();
}

export type FunctionNode = Extract<
    AnyNode,
    { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

export function isFunction(node: AnyNode): node is FunctionNode {
    return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** A function that is called where it is written: its body runs right there. */
export function isCalledAtOnce(node: AnyNode, parent: AnyNode | undefined): boolean {
    return isFunction(node) && parent?.type === "CallExpression" && parent.callee === node;
}
