import type { Binding, Edit } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

function isIn(range: [number, number], scope: [number, number]): boolean {
    return scope[0] <= range[0] && range[1] <= scope[1];
}

/** Would one of the two be taken for the other if both had the same name? Scopes lie in each other, or apart. */
function clash(a: Binding, b: Binding): boolean {
    const [outer, inner] = a.scope[0] <= b.scope[0] ? [a, b] : [b, a];
    return (
        outer.uses.some((use) => isIn(use.range, inner.scope)) || isIn(inner.declaration.range, outer.declaration.range)
    );
}

/**
 * Lets locals share names wherever none is taken for another, so that nearly all of them have one letter in the end: luamin gives
 * each name one of its own, but sees no scopes.
 */
export function shareNames(lua: string): string {
    const { bindings } = readScopes(lua);
    const groups: Binding[][] = [];
    const edits: Edit[] = [];
    for (const binding of [...bindings].sort((a, b) => b.uses.length - a.uses.length)) {
        let index = groups.findIndex((group) => group.every((other) => !clash(binding, other)));
        if (index < 0) index = groups.push([]) - 1;
        groups[index]!.push(binding);
        for (const node of [binding.declaration, ...binding.uses])
            edits.push({ range: node.range, text: `____${index}` });
    }
    return edited(lua, edits);
}
