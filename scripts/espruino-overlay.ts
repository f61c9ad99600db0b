import { parse } from "acorn";
import type { AnyNode, FunctionDeclaration, Program, VariableDeclaration } from "acorn";
import { readScopes } from "./js-scopes.ts";
import type { Reference, Variable } from "./js-scopes.ts";
import { isFunction, walk } from "./js-walk.ts";

/** Names for locals: one letter each. Espruino's own globals of one letter (`E`) are not used in functions. */
const LOCALS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Parameters that a function has that is made of its text: what it is not given is as good as a local. */
const NAMES = 5;

/** The file in flash that a board runs, and reads the functions from. */
const FILE = ".bootcde";

/** What a person reads who has put the bundle anywhere else. */
const MISPLACED = "toque: flash this as .bootcde";

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

/** Short names for all that a statement of the program declares, from the start of the list. @param first those that come first in it @param from where the others' names begin */
function nameLocals(node: AnyNode, locals: Variable[], first: Variable[], from: number): Map<Variable, string> {
    const inside = locals.filter(({ id }) => node.start <= id.start && id.end <= node.end);
    const others = inside.filter((variable) => !first.includes(variable));
    if (from + others.length > LOCALS.length)
        throw new Error("scripts/espruino-overlay.ts: a function has more than 52 locals.");
    return new Map([
        ...first.map((variable, index): [Variable, string] => [variable, LOCALS[index]!]),
        ...others.map((variable, index): [Variable, string] => [variable, LOCALS[from + index]!]),
    ]);
}

/**
 * Declarations of locals that can do without the word `let`: a function made of its text has the same parameters as all others, and those
 * that it is not given are as good as locals. Those of few variables come first, for there are not many such names.
 */
function chooseUndeclared(node: FunctionDeclaration, names: number): VariableDeclaration[] {
    const found: VariableDeclaration[] = [];
    walk(node, (inner, parents) => {
        if (inner.type !== "VariableDeclaration") return;
        const path = parents.slice(parents.indexOf(node) + 1);
        const isBare = inner.declarations.some(({ init }) => init === undefined || init === null);
        const isOf = path.at(-1)?.type === "ForOfStatement";
        if (path.some(isFunction) || (isBare && !isOf && (path.length > 1 || inner.declarations.length > 1))) return;
        found.push(inner);
    });
    let left = names - node.params.length;
    const byCount = found.sort((a, b) => a.declarations.length - b.declarations.length || a.start - b.start);
    return byCount.filter(({ declarations }) => {
        const fits = declarations.length <= left;
        if (fits) left -= declarations.length;
        return fits;
    });
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
    const locals = variables.filter(({ id }) => !isTop(program, id));
    const names = Math.max(widestOf(overlaid), NAMES);
    for (const node of program.body) {
        const made = node.type === "FunctionDeclaration" && overlaid.has(node.id.name) ? node : undefined;
        const undeclared = made === undefined ? [] : chooseUndeclared(made, names);
        const ids = [...(made?.params ?? []), ...undeclared.flatMap((one) => one.declarations.map(({ id }) => id))];
        const first = ids.map((id) => locals.find((variable) => variable.id === id)!);
        for (const [variable, name] of nameLocals(node, locals, first, made === undefined ? 0 : names)) {
            rename(variable.id, name);
            for (const reference of references) if (reference.variable === variable) rename(reference.node, name);
        }
        for (const { start, declarations } of undeclared) {
            const [one] = declarations;
            const isBare = (one!.init ?? undefined) === undefined && text[one!.end] === ";";
            if (isBare)
                changes.splice(
                    changes.findIndex((change) => change.start === one!.id.start),
                    1,
                );
            changes.push({ start, end: isBare ? one!.end + 1 : one!.start, text: () => "" });
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
    const uses = (name: string): number =>
        references.filter(({ variable }) => variable?.code === overlaid.get(name)).length;
    return layOut(program, overlaid, uses, render);
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

/** Digits of a body's length, in front of it. */
const DIGITS = 3;

/**
 * Puts the file together: a comment of the bodies, each behind its length, and then what stays. What is called most stands first,
 * for a place is written as often as it is called. Places are known when they do not change any more.
 */
function layOut(
    program: Program,
    overlaid: Map<string, FunctionDeclaration>,
    uses: (name: string) => number,
    render: (node: AnyNode, at: (name: string) => string) => string,
): string {
    const parameters = LOCALS.slice(0, Math.max(widestOf(overlaid), NAMES))
        .map((name) => `"${name}",`)
        .join("");
    const worth = (name: string): number => {
        const { body } = overlaid.get(name)!;
        return uses(name) / (body.end - body.start);
    };
    const order = [...overlaid.keys()].sort((a, b) => worth(b) - worth(a));
    let places = new Map(order.map((name) => [name, "1000"]));
    let end = 8000;
    for (let round = 0; round < 20; round++) {
        const at = (name: string): string => places.get(name)!;
        const next = new Map<string, string>();
        let file = "/*";
        for (const name of order) {
            const code = render(overlaid.get(name)!.body, at).slice(1, -1).replace(/;$/, "").replaceAll("\n", "\\n"); // in template literals
            if (/\n|\*\//.test(code) || code.length >= 10 ** DIGITS)
                throw new Error(`scripts/espruino-overlay.ts: ${name} cannot stand in a line of a comment.`);
            file += `\n${String(code.length).padStart(DIGITS - 1)}`;
            next.set(name, String(file.length));
            file += code;
        }
        file += "\n";
        const ended = file.length;
        file +=
            `*/let $$=require("Storage").read("${FILE}"),` +
            `$=a=>Function(${parameters}$$.substr(a,$$.substr(a-${DIGITS},${DIGITS})));` +
            `if(!$$||$$.substr(${end},6)!="*/let ")throw"${MISPLACED}";`;
        const kept = program.body.filter((node) => node.type !== "FunctionDeclaration" || !overlaid.has(node.id.name));
        file += joined(kept.map((node) => resident(node, (part) => render(part, at)))) + "\n";
        if (ended === end && order.every((name) => places.get(name) === next.get(name))) return file;
        places = next;
        end = ended;
    }
    throw new Error("scripts/espruino-overlay.ts: the places do not settle.");
}

/** A statement that stays. A function becomes an arrow function where it can. */
function resident(node: AnyNode, render: (node: AnyNode) => string): string {
    if (node.type !== "FunctionDeclaration") return render(node).replace(/;$/, "");
    const parameters = node.params.map(render).join();
    const [only, more] = node.body.body;
    let own = false;
    walk(node.body, (inner) => {
        own ||= inner.type === "ThisExpression" || (inner.type === "Identifier" && OWN.test(inner.name));
    });
    const name = render(node.id as AnyNode);
    if (own) return `let ${name}=function(${parameters})${render(node.body)}`;
    const value = more === undefined && only?.type === "ReturnStatement" ? only.argument : undefined;
    const body = value === undefined || value === null || value.type === "ObjectExpression" ? node.body : value;
    const list = node.params.length === 1 ? parameters : `(${parameters})`;
    return `let ${name}=${list}=>${render(body)}`;
}

/** Statements in a row; declarations that follow each other are one. */
function joined(statements: string[]): string {
    let text = "";
    let declares = false;
    for (const statement of statements) {
        const more = statement.startsWith("let ");
        text += (text === "" ? "" : more && declares ? "," : ";") + (more && declares ? statement.slice(4) : statement);
        declares = more;
    }
    return text;
}
