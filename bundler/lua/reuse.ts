import { exportName } from "./modules.ts";
import type { Binding, Edit, Node, Scopes } from "./scopes.ts";
import { edited, readScopes } from "./scopes.ts";

type Range = [from: number, to: number];

/** One name that several locals of a function use, one after the other. */
interface Slot {
    name: string;
    /** where one of them is still needed */
    taken: Range[];
    /** it has to be added to the function's parameters */
    added: boolean;
}

function isIn([from, to]: Range, [outerFrom, outerTo]: Range): boolean {
    return outerFrom <= from && to <= outerTo;
}

/** From a function's parameters to its end: its own name means something outside. */
function insideOf(definition: Node): Range {
    const name = definition["identifier"] as Node | null;
    return [name === null ? definition.range[0] : name.range[1], definition.range[1]];
}

/** From where a local has its value to where it is named last; a loop that it lives through may come back to that. */
function needed(binding: Binding, from: number, { loops }: Scopes): Range {
    let to = from + 1;
    for (const { range } of binding.uses) {
        to = Math.max(to, range[1]);
        for (const loop of loops)
            if (isIn(range, loop.range) && !isIn(binding.declaration.range, loop.range))
                to = Math.max(to, loop.range[1]);
    }
    return [from, to];
}

/**
 * `function f(a) local b = a … local c = 1 … end` as `function f(a, b) b = a … b = 1 … end`: locals that are not needed at the same
 * time share a name, a parameter's if one is free, and are declared as parameters that nobody gives. What a function inside of
 * theirs names stays as it is. Each local has a name of its own before.
 */
export function reuseLocals(lua: string): string {
    const scopes = readScopes(lua);
    const inside = scopes.functions.map(insideOf);
    const ownerOf = (range: Range): number => {
        let owner = -1;
        inside.forEach((body, index) => {
            if (isIn(range, body) && (owner < 0 || isIn(body, inside[owner]!))) owner = index;
        });
        return owner;
    };
    const isOwn = ({ declaration, uses }: Binding, owner: number): boolean =>
        ownerOf(declaration.range) === owner && uses.every(({ range }) => ownerOf(range) === owner);
    const edits: Edit[] = [];
    const slots = scopes.functions.map((definition, owner): Slot[] =>
        (definition["parameters"] as Node[]).flatMap((parameter) => {
            const binding = scopes.meaning.get(parameter);
            if (binding === undefined || !isOwn(binding, owner)) return [];
            return [{ name: binding.name, taken: [needed(binding, inside[owner]![0], scopes)], added: false }];
        }),
    );
    const program: Slot[] = [];
    for (const statement of scopes.blocks.flat()) {
        const owner = ownerOf(statement.range);
        const own = slots[owner] ?? program;
        if (statement.type !== "LocalStatement") continue;
        const bindings = (statement["variables"] as Node[]).map((variable) => scopes.meaning.get(variable)!);
        if (!bindings.every((binding) => isOwn(binding, owner))) continue;
        for (const binding of bindings) {
            const range = needed(binding, statement.range[1], scopes);
            const free = ({ taken }: Slot): boolean => taken.every(([from, to]) => to <= range[0] || range[1] <= from);
            let slot = own.find(free);
            if (slot === undefined) {
                const name = own === program ? exportName("own", binding.name) : binding.name;
                slot = { name, taken: [], added: true };
                own.push(slot);
            }
            slot.taken.push(range);
            for (const node of [binding.declaration, ...binding.uses])
                edits.push({ range: node.range, text: slot.name });
        }
        edits.push({ range: [statement.range[0], bindings[0]!.declaration.range[0]], text: "" });
        if ((statement["init"] as Node[]).length === 0)
            edits.push({ range: [statement.range[1], statement.range[1]], text: " = nil" });
    }
    scopes.functions.forEach((definition, owner) => {
        const added = slots[owner]!.filter((slot) => slot.added).map(({ name }) => name);
        if (added.length === 0) return;
        const last = (definition["parameters"] as Node[]).at(-1);
        const at = last === undefined ? lua.indexOf("(", inside[owner]![0]) + 1 : last.range[1];
        edits.push({ range: [at, at], text: (last === undefined ? "" : ", ") + added.join(", ") });
    });
    return edited(lua, edits);
}

/** `x = x`, which says nothing. */
export function dropSelfAssignments(lua: string): string {
    const { blocks, meaning } = readScopes(lua);
    const edits: Edit[] = [];
    for (const statement of blocks.flat()) {
        if (statement.type !== "AssignmentStatement") continue;
        const [variables, values] = [statement["variables"] as Node[], statement["init"] as Node[]];
        const target = variables.length === 1 && values.length === 1 ? meaning.get(variables[0]!) : undefined;
        if (target !== undefined && meaning.get(values[0]!) === target)
            edits.push({ range: statement.range, text: "" });
    }
    return edited(lua, edits);
}
