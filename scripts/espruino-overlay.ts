import { parse } from "acorn";
import type { AnyNode, FunctionDeclaration, Program } from "acorn";
import { readScopes } from "./js-scopes.ts";
import type { Reference, Variable } from "./js-scopes.ts";
import { isFunction, walk } from "./js-walk.ts";

/** Names for locals: one letter each. Espruino's own globals of one letter (`E`) are not used in functions. */
const LOCALS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** The file in flash that a board runs, and reads the functions from. */
const FILE = ".bootcde";

/** What a person reads who has put the bundle anywhere else. */
const MISPLACED = "toque: this has to be the file .bootcde in flash, all of it and nothing else";

/** What a function has that one made of its text has not, or not the same. */
const OWN = /^(this|arguments)$/;

/** A replacement in the program's text. */
interface Change {
    start: number;
    end: number;
    /** what stands there, given where each function's text is */
    text: (at: (name: string) => string) => string;
}

/** Functions that need not be in memory: all that is done with them is calling them. */
function chooseOverlaid(
    program: Program,
    variables: Variable[],
    references: Reference[],
): Map<string, FunctionDeclaration> {
    const chosen = new Map<string, FunctionDeclaration>();
    for (const node of program.body) {
        if (node.type !== "FunctionDeclaration") continue;
        const variable = variables.find(({ id }) => id === node.id);
        const uses = references.filter((reference) => reference.variable === variable);
        let own = false;
        walk(node, (inner) => {
            own ||= inner.type === "ThisExpression" || (inner.type === "Identifier" && OWN.test(inner.name));
        });
        if (!own && uses.every((use) => use.called || isInTable(program, use))) chosen.set(node.id.name, node);
    }
    return chosen;
}

/** The value of a pair in `{ name: function, … }[key]`: it is made when it is looked up. */
function isInTable(program: Program, use: Reference): boolean {
    let found = false;
    walk(program, (node, parents) => {
        if (node !== use.node) return;
        const [table, pair] = [parents.at(-2), parents.at(-1)];
        const around = parents.at(-3);
        found = pair?.type === "Property" && around?.type === "MemberExpression" && around.object === table;
    });
    return found;
}

/** Short names for all that a function declares, its parameters first and always the same. */
function nameLocals(node: AnyNode, variables: Variable[]): Map<Variable, string> {
    const inside = variables.filter(
        ({ id }) => node.start <= id.start && id.end <= node.end && id !== (node as FunctionDeclaration).id,
    );
    if (inside.length > LOCALS.length)
        throw new Error("scripts/espruino-overlay.ts: a function has more than 52 locals.");
    return new Map(inside.map((variable, index) => [variable, LOCALS[index]!]));
}

/** How many parameters the functions have that are made of their text. */
function widestOf(overlaid: Map<string, FunctionDeclaration>): number {
    return Math.max(0, ...[...overlaid.values()].map(({ params }) => params.length));
}

/**
 * Takes a program's functions out of a board's memory. A function costs an ESP8266 four of its 1,600 variables and one for each
 * parameter, for as long as the program runs; made of its text in flash for one call, it costs them for that long. So the functions
 * that are only ever called are not declared: their bodies stand in a comment behind the program, a line each, and a call `f(x)`
 * becomes `$(place)(x)`. Nothing is parsed or copied to make one: `slice` of a string in flash is a place in flash.
 * All other names of the program become `$a`, `$b`, …: at the top level of Espruino they are globals, beside its own and the person's.
 * @param text a program with no comments, minified but for its names
 */
export function overlayEspruino(text: string): string {
    const program = parse(text, { ecmaVersion: 2020 });
    const { variables, references } = readScopes(program);
    const overlaid = chooseOverlaid(program, variables, references);
    const changes: Change[] = [];
    const rename = (node: { start: number; end: number }, name: string): void => {
        changes.push({ start: node.start, end: node.end, text: () => name });
    };

    let count = 0;
    for (const variable of variables.filter(({ home }) => home === program)) {
        if (!program.body.some((node) => isDeclaredBy(node, variable))) continue;
        const name = `$${LOCALS[count % 52]!}${count < 52 ? "" : Math.floor(count / 52)}`;
        const isOverlaid = overlaid.has(variable.name);
        if (!isOverlaid) {
            count++;
            rename(variable.id, name);
        }
        for (const { node, variable: meant } of references) {
            if (meant !== variable) continue;
            if (isOverlaid) changes.push({ start: node.start, end: node.end, text: (at) => `$(${at(variable.name)})` });
            else rename(node, name);
        }
    }
    for (const node of program.body) {
        for (const [variable, name] of nameLocals(
            node,
            variables.filter(({ id }) => !isTop(program, id)),
        )) {
            rename(variable.id, name);
            for (const reference of references) if (reference.variable === variable) rename(reference.node, name);
        }
    }
    const render = (node: { start: number; end: number }, at: (name: string) => string): string => {
        let out = "";
        let from = node.start;
        for (const change of changes.sort((a, b) => a.start - b.start)) {
            if (change.start < node.start || change.end > node.end) continue;
            out += text.slice(from, change.start) + change.text(at);
            from = change.end;
        }
        return out + text.slice(from, node.end);
    };
    return layOut(program, overlaid, render);
}

function isTop(program: Program, id: AnyNode): boolean {
    return program.body.some(
        (node) =>
            (node.type === "FunctionDeclaration" && node.id === id) ||
            (node.type === "VariableDeclaration" && node.declarations.some((one) => one.id === id)),
    );
}

function isDeclaredBy(node: AnyNode, { id }: Variable): boolean {
    if (node.type === "VariableDeclaration") return node.declarations.some((one) => one.id === id);
    return node.type === "FunctionDeclaration" && node.id === id;
}

/** Puts the file together: places are known when their lengths do not change any more. */
function layOut(
    program: Program,
    overlaid: Map<string, FunctionDeclaration>,
    render: (node: AnyNode, at: (name: string) => string) => string,
): string {
    const parameters = LOCALS.slice(0, widestOf(overlaid))
        .map((name) => `"${name}",`)
        .join("");
    let places = new Map([...overlaid.keys()].map((name) => [name, "1000,1100"]));
    let length = 8000;
    for (let round = 0; round < 20; round++) {
        const at = (name: string): string => places.get(name)!;
        const head =
            `let $$=require("Storage").read("${FILE}"),$=(a,b)=>Function(${parameters}$$.slice(a,b));` +
            `if(!$$||$$.length!=${length})throw"${MISPLACED}";`;
        const kept = program.body.filter((node) => node.type !== "FunctionDeclaration" || !overlaid.has(node.id.name));
        let file = head + kept.map((node) => resident(render(node, at), node)).join("") + "/*\n";
        const next = new Map<string, string>();
        for (const [name, { body }] of overlaid) {
            const code = render(body, at).slice(1, -1).replace(/;$/, "");
            if (/\n|\*\//.test(code))
                throw new Error(`scripts/espruino-overlay.ts: ${name} cannot stand in a comment.`);
            next.set(name, `${file.length},${file.length + code.length}`);
            file += code + "\n";
        }
        file += "*/\n";
        const stable = file.length === length && [...next].every(([name, place]) => places.get(name) === place);
        if (stable) return file;
        places = next;
        length = file.length;
    }
    throw new Error("scripts/espruino-overlay.ts: the places do not settle.");
}

/** A statement that stays: functions become arrows where they can. */
function resident(text: string, node: AnyNode): string {
    return node.type === "FunctionDeclaration" || isFunction(node) || !/[;}]$/.test(text) ? `${text};` : text;
}
