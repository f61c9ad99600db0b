import type { Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** Larger numbers are none of every firmware's integers. */
const LARGEST = 2147483647;

function valueOf(node: Node): number {
    return node.type === "NumericLiteral" ? (node["value"] as number) : NaN;
}

/** `48 + 2` as `50`: sums, differences and products of integers. */
export function foldNumbers(lua: string): string {
    const edits: Edit[] = [];
    for (const pair of readScopes(lua).pairs) {
        const [a, b] = [valueOf(pair["left"] as Node), valueOf(pair["right"] as Node)];
        const results: Record<string, number> = { "+": a + b, "-": a - b, "*": a * b };
        const result = results[pair["operator"] as string];
        if (result !== undefined && Number.isInteger(result) && result >= 0 && result <= LARGEST)
            edits.push({ range: pair.range, text: String(result) });
    }
    return edited(lua, edits);
}

/** `"{\"a\""` as `'{"a"'`. */
export function quotePlainly(lua: string): string {
    const edits: Edit[] = [];
    for (const { range } of readScopes(lua).strings) {
        const text = lua.slice(...range);
        if (text.startsWith('"') && text.includes('\\"') && !text.includes("'"))
            edits.push({
                range,
                text: `'${text.slice(1, -1).replace(/\\(["\\]|[^"\\])/g, (all: string, c: string) => (c === '"' ? c : all))}'`,
            });
    }
    return edited(lua, edits);
}

/** `return nil` as `return`: whoever names the result gets nil; only a function of the firmware could tell, and none is given one directly. */
export function returnNothing(lua: string): string {
    const edits: Edit[] = [];
    for (const statement of readScopes(lua).blocks.flat()) {
        const [only, ...more] = statement.type === "ReturnStatement" ? (statement["arguments"] as Node[]) : [];
        if (only?.type === "NilLiteral" && more.length === 0) edits.push({ range: statement.range, text: "return" });
    }
    return edited(lua, edits);
}
