import type { Edit, Top, Tree } from "./js-program.ts";
import { edited, isFunction, isWritten, range, readProgram, readTops, walk } from "./js-program.ts";

/** A constant is written where it is used if it is used once, or is no longer than this. */
const SHORT = 5;

/**
 * Says the same in fewer octets and variables: constants are written where they are used, `let` stands for `const`, `==` for `===`
 * (the types are compared by TypeScript) and `null` for `undefined` beside it. `scripts/espruino-overlay.ts` does the rest.
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
        if (value === undefined || (value.length > SHORT && top.uses.length > 1)) continue;
        for (const { node, parent } of top.uses)
            edits.push({ ...range(node), text: parent["shorthand"] === true ? `${top.name}: ${value}` : value });
        gone.add(top.node);
    }
    return (program["body"] as Tree[])
        .filter((node) => !gone.has(node))
        .map((node) => edited(bundle, node, edits))
        .join("\n");
}

function initOf({ node }: Top): Tree | undefined {
    if (node.type !== "VariableDeclaration") return undefined;
    return ((node["declarations"] as Tree[])[0]?.["init"] ?? undefined) as Tree | undefined;
}

function literalOf(top: Top, text: string): string | undefined {
    const init = initOf(top);
    return init?.type === "Literal" && !isWritten(top) ? text.slice(init.start, init.end) : undefined;
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
