import type { Edit } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

/** Gives each local a name that no other has, so that code can be moved. */
export function uniqueNames(lua: string): string {
    const edits: Edit[] = [];
    readScopes(lua).bindings.forEach(({ declaration, name, uses }, index) => {
        const text = `____${index}_${name.replace(/^____\d+_/, "")}`;
        for (const node of [declaration, ...uses]) edits.push({ range: node.range, text });
    });
    return edited(lua, edits);
}
