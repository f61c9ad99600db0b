import type { Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

function isCallOf(node: Node, name: string): boolean {
    const base = node["base"] as Node | undefined;
    return node.type === "CallExpression" && base?.type === "Identifier" && base["name"] === name;
}

/** The place of a parenthesis around an expression: luaparse's range is without it. */
function parentheses(node: Node, lua: string): [open: number, close: number] {
    const before = lua.slice(0, node.range[0]).trimEnd().length - 1;
    const behind = lua.length - lua.slice(node.range[1]).trimStart().length;
    return [before, behind];
}

/**
 * `((a .. b) .. tostring(n)) .. c` without parentheses and calls: a number is its text there, and it is one instruction. That nothing
 * but strings and numbers is added to a string is checked where TypeScript's types are known: `compileLua`.
 */
export function plainConcatenation(lua: string): string {
    const edits: Edit[] = [];
    const drop = (from: number, to: number): void => void edits.push({ range: [from, to], text: "" });
    for (const pair of readScopes(lua).pairs) {
        if (pair["operator"] !== "..") continue;
        const left = pair["left"] as Node;
        if (left["operator"] === ".." && left["inParens"] === true) {
            const [open, close] = parentheses(left, lua);
            drop(open, open + 1);
            drop(close, close + 1);
        }
        for (const side of [left, pair["right"] as Node]) {
            const base = side["base"] as Node;
            if (isCallOf(side, "tostring")) drop(base.range[0], base.range[1]);
        }
    }
    return edited(lua, edits);
}

/** `"a" .. "b"` as `"ab"`. */
export function joinLiterals(lua: string): string {
    for (const pair of readScopes(lua).pairs) {
        const left = pair["left"] as Node;
        const right = pair["right"] as Node;
        const next = right["operator"] === ".." && right["inParens"] !== true ? (right["left"] as Node) : right;
        if (pair["operator"] !== ".." || left.type !== "StringLiteral" || next.type !== "StringLiteral") continue;
        const [a, b] = [lua.slice(...left.range), lua.slice(...next.range)];
        if (!a.startsWith('"') || !b.startsWith('"')) continue;
        return edited(lua, [{ range: [left.range[0], next.range[1]], text: a.slice(0, -1) + b.slice(1) }]);
    }
    return lua;
}

/** Of `math.max(at + 1, 1)`, which is where Lua begins, JavaScript's `at`: the dialect has none below 0. */
function oneLess(from: Node, lua: string): string {
    const [most = from] = from.type === "CallExpression" ? (from["arguments"] as Node[]) : [];
    const right = most["operator"] === "+" ? (most["right"] as Node)["value"] : undefined;
    return right === 1 ? lua.slice(...(most["left"] as Node).range) : `${lua.slice(...from.range)} - 1`;
}

/** `(string.find(text, part, from, true) or 0) - 1`, which is `text.indexOf(part, from)`, as a call of the prelude's function. */
export function callIndexOf(lua: string): string {
    const edits: Edit[] = [];
    for (const pair of readScopes(lua).pairs) {
        const found = (pair["left"] as Node)["left"] as Node | undefined;
        const base = found?.["base"] as Node | undefined;
        if (pair["operator"] !== "-" || found?.type !== "CallExpression" || base === undefined) continue;
        const [text, part, from, plain] = found["arguments"] as Node[];
        if (lua.slice(...base.range) !== "string.find" || plain?.["value"] !== true || !text || !part || !from)
            continue;
        const start = from.type === "NilLiteral" ? "" : `, ${oneLess(from, lua)}`;
        const call = `__TS__StringIndexOf(${lua.slice(...text.range)}, ${lua.slice(...part.range)}${start})`;
        const [open] = parentheses(pair["left"] as Node, lua);
        edits.push({ range: [open, (pair["right"] as Node).range[1]], text: call });
    }
    return edited(lua, outermost(edits));
}

/** Of edits that lie in each other the outer ones: the inner ones are for the next round. */
function outermost(edits: Edit[]): Edit[] {
    return edits.filter(
        ({ range }) =>
            !edits.some((other) => other.range !== range && other.range[0] <= range[0] && range[1] <= other.range[1]),
    );
}
