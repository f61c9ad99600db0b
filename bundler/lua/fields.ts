import type { Edit, Node } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** 0 → "a", 51 → "Z", 52 → "a0", 53 → "b0": never a word of Lua's. */
export function shortName(index: number): string {
    const letter = LETTERS.charAt(index % LETTERS.length);
    return index < LETTERS.length ? letter : `${letter}${Math.floor(index / LETTERS.length) - 1}`;
}

/**
 * Gives fields one or two letters, the most used ones the shortest. A record may have renamed fields and others, if the others
 * have names of two letters or more.
 * @param names of fields that nobody outside sees
 */
export function renameFields(lua: string, names: ReadonlySet<string>): string {
    const { members, keys } = readScopes(lua);
    const fields: Node[] = [
        ...members.filter((member) => member["indexer"] === ".").map((member) => member["identifier"] as Node),
        ...keys.map((key) => key["key"] as Node),
    ].filter((field) => names.has(field["name"] as string));
    const counts = new Map<string, number>();
    for (const { name } of fields as unknown as { name: string }[]) counts.set(name, (counts.get(name) ?? 0) + 1);
    const byUse = [...counts].sort(([, a], [, b]) => b - a);
    const short = new Map(byUse.map(([name], index) => [name, shortName(index)]));
    const edits = fields.map((field): Edit => ({ range: field.range, text: short.get(field["name"] as string) ?? "" }));
    return edited(lua, edits);
}
