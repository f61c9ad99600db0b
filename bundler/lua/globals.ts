import luaparse from "luaparse";

/** A name that is no local's and no field's, and where it stands, both from 0. */
export interface Global {
    name: string;
    line: number;
    column: number;
}

/** Throws what luaparse throws when the text is not Lua 5.1. */
export function globalsOf(lua: string): Global[] {
    const nodes: { type: string; name: string; isLocal?: boolean; range: [number, number] }[] = [];
    luaparse.parse(lua, {
        luaVersion: "5.1",
        comments: false,
        scope: true,
        ranges: true,
        onCreateNode(node) {
            const created = node as (typeof nodes)[number];
            created.range = [...created.range]; // luaparse lets nodes share one, which then grows with the outer ones
            if (created.type === "Identifier") nodes.push(created);
        },
    });
    return nodes
        .filter(({ isLocal }) => isLocal === false)
        .map(({ name, range: [at] }) => {
            const before = lua.slice(0, at).split("\n");
            return { name, line: before.length - 1, column: before.at(-1)!.length };
        });
}
