import luaparse from "luaparse";
import { BuildError } from "../output.ts";

/** NodeMCU's Lua 5.1 (LUAI_MAXVARS) allows this many active locals in a function; stock Lua allows 200. */
export const MAX_ACTIVE_LOCALS = 50;

type Node = { type: string } & Record<string, unknown>;

/**
 * The largest number of locals that are active at once in any function of this Lua, parameters included. A loop
 * holds three hidden ones. Throws what luaparse throws when the text is not Lua 5.1.
 */
export function maxActiveLocals(lua: string): number {
    const chunk = luaparse.parse(lua, { luaVersion: "5.1", comments: false }) as Node;
    return new Counter().functionBody(chunk["body"] as Node[], 0);
}

class Counter {
    private max = 0;

    functionBody(body: Node[], parameters: number): number {
        this.block(body, parameters);
        return this.max;
    }

    /** Walks a block that starts with `active` locals. */
    private block(body: Node[], active: number): void {
        let now = active;
        this.saw(now);
        for (const statement of body) {
            if (statement.type === "FunctionDeclaration" && statement["isLocal"] === true) now += 1;
            this.statement(statement, now);
            if (statement.type === "LocalStatement") now += (statement["variables"] as Node[]).length;
            this.saw(now);
        }
    }

    private statement(statement: Node, active: number): void {
        const hidden = statement.type === "ForNumericStatement" || statement.type === "ForGenericStatement" ? 3 : 0;
        const variables = statement["variables"];
        const own = hidden === 0 ? 0 : hidden + (Array.isArray(variables) ? variables.length : 1);
        this.walk(statement, active + own);
    }

    /** Finds the blocks and functions below a node. */
    private walk(node: Node, active: number): void {
        if (node.type === "FunctionDeclaration") {
            const parameters = (node["parameters"] as Node[]).length + 1; // `self` of a method is not listed
            this.block(node["body"] as Node[], parameters);
            return;
        }
        for (const [key, value] of Object.entries(node)) {
            if (key === "body") this.block(value as Node[], active);
            else if (Array.isArray(value)) value.forEach((item: unknown) => this.child(item, active));
            else this.child(value, active);
        }
    }

    private child(value: unknown, active: number): void {
        if (typeof value === "object" && value !== null && "type" in value) this.walk(value as Node, active);
    }

    private saw(active: number): void {
        if (active > this.max) this.max = active;
    }
}

/** Throws a BuildError for what NodeMCU's Lua 5.1 cannot load. @returns the same Lua */
export function holdToLimits(lua: string): string {
    const locals = maxActiveLocals(lua);
    if (locals <= MAX_ACTIVE_LOCALS) return lua;
    throw new BuildError(`A function has ${locals} locals at once; NodeMCU's Lua stops at ${MAX_ACTIVE_LOCALS}.`);
}
