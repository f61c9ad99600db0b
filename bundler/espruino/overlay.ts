import { parse } from "acorn";
import type { AnonymousFunctionDeclaration, AnyNode, FunctionDeclaration, Program, VariableDeclaration } from "acorn";
import { readScopes } from "./js-scopes.ts";
import type { Reference, Variable } from "./js-scopes.ts";
import { tokenise } from "./tokens.ts";
import { isFunction, walk } from "./js-walk.ts";

/** Names for locals: one letter each. Espruino's own globals of one letter (`E`) are not used in functions. */
const LOCALS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Parameters that a function has that is made of its text: what it is not given is as good as a local. */
const NAMES = 5;

/** The file in flash that a board runs, and reads the functions from. */
const FILE = ".bootcde";

/** What a person reads who has put the bundle anywhere else. */
const MISPLACED = "toque: flash this as .bootcde";

/** The name of what is used most. */
const MOST_USED = "_";

/**
 * Bodies begin at multiples of this, behind one octet that tells how many multiples are to the next: so a place has fewer digits, and a
 * body's length no more than that octet.
 */
const UNIT = 3;

/** What follows the bodies. */
const END = "*/";

/** A variable that is declared without a value. */
const EMPTY = /^let [$\w]+$/;

/** What a function has that one made of its text has not, or not the same. */
const OWN = /^(this|arguments)$/;

/** A replacement in the program's text. */
interface Change {
    start: number;
    end: number;
    /** what stands there, given where each function's text is */
    text: (at: At) => string;
}

/** Where a function's body stands in the file, by its name. */
type At = (name: string) => number;

/** A part of the program with all changes. */
type Render = (node: { start: number; end: number }, at: At) => string;

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
        throw new Error("bundler/espruino/overlay.ts: a function has more than 52 locals.");
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
 * that are only ever called are not declared: their bodies stand in a comment before the program, each behind its length, and a call
 * `f(x)` becomes `$(place)(x)`. All of it is said in Espruino's own octets (bundler/espruino/tokens.ts). Nothing is parsed or copied to make one: `substr` of a string in flash is a place in flash.
 * All other names of the program become `$a`, `$b`, …: at the top level of Espruino they are globals, beside its own and the person's.
 * The one that is used most becomes `_`; letters are left to the person, who types them on the console.
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

    const tops = variables.filter(({ home, id }) => home === program && isTop(program, id));
    const usesOf = (variable: Variable): Reference[] =>
        references.filter((reference) => reference.variable === variable);
    const kept = tops.filter(({ name }) => !overlaid.has(name)).sort((a, b) => usesOf(b).length - usesOf(a).length);
    for (const [index, variable] of kept.entries()) {
        const name = nameTop(index);
        rename(variable.id, name);
        for (const { node } of usesOf(variable)) rename(node, name);
    }
    const called = tops.filter(({ name }) => overlaid.has(name));
    for (const variable of called) {
        for (const { node } of usesOf(variable))
            changes.push({ start: node.start, end: node.end, text: (at) => `$(${at(variable.name)})` });
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
    changes.sort((a, b) => a.start - b.start);
    const render: Render = (node, at) => {
        let out = "";
        let from = node.start;
        for (const change of changes) {
            if (change.start < node.start || change.end > node.end) continue;
            out += text.slice(from, change.start) + change.text(at);
            from = change.end;
        }
        return out + text.slice(from, node.end);
    };
    // what is called most stands first, for a place is written as often as it is called
    const worth = (variable: Variable): number => usesOf(variable).length / (variable.code!.end - variable.code!.start);
    const order = called.sort((a, b) => worth(b) - worth(a)).map(({ name }) => overlaid.get(name)!);
    const rest = program.body.filter((node) => node.type !== "FunctionDeclaration" || !overlaid.has(node.id.name));
    return layOut(order, LOCALS.slice(0, names), rest, render);
}

/** The program's own names, from the one that is used most. */
function nameTop(index: number): string {
    if (index === 0) return MOST_USED;
    const round = Math.floor(index / LOCALS.length);
    return `$${LOCALS[index % LOCALS.length]!}${round === 0 ? "" : round}`;
}

function isTop(program: Program, id: AnyNode): boolean {
    return program.body.some(
        (node) =>
            (node.type === "FunctionDeclaration" && node.id === id) ||
            (node.type === "VariableDeclaration" && node.declarations.some((one) => one.id === id)),
    );
}

/** What a function is made of, behind its length. */
function entryOf({ id, body }: FunctionDeclaration, at: At, render: Render): string {
    const code = tokenise(render(body, at).slice(1, -1).replace(/;$/, "").replaceAll("\n", "\\n")); // in template literals
    const units = Math.ceil((code.length + 1) / UNIT);
    const entry = String.fromCharCode(units) + code.padEnd(units * UNIT - 1);
    if (entry.includes(END) || units > 255)
        throw new Error(`bundler/espruino/overlay.ts: ${id.name} cannot stand in the comment.`);
    return entry;
}

/** Puts the file together: a comment of the bodies, each behind its length, and what stays. Places are known when they do not change any more. */
function layOut(made: FunctionDeclaration[], parameters: string[], rest: AnyNode[], render: Render): string {
    const names = parameters.map((name) => `"${name}",`).join("");
    let places = new Map(made.map(({ id }) => [id.name, 1000]));
    for (let round = 0; round < 20; round++) {
        const at: At = (name) => places.get(name)!;
        const next = new Map<string, number>();
        let comment = "/*".padEnd(UNIT);
        for (const one of made) {
            next.set(one.id.name, comment.length / UNIT);
            comment += entryOf(one, at, render);
        }
        const statements = rest.flatMap((node) => residents(node, (part) => render(part, at)));
        const empty = statements.filter((statement) => EMPTY.test(statement));
        empty.sort((a, b) => Number(b === `let ${MOST_USED}`) - Number(a === `let ${MOST_USED}`)); // it is looked for from the first on
        const head = [
            `let $=a=>Function(${names}$$.substr(1+(a*=${UNIT}),$$.charCodeAt(a)*${UNIT}-1))`,
            ...empty,
            `let $$=require("Storage").read("${FILE}")`,
            `if(!$$||$$.substr(${comment.length},${END.length})!="${END}")throw"${MISPLACED}"`,
        ];
        const others = statements.filter((statement) => !empty.includes(statement));
        if (made.every(({ id }) => places.get(id.name) === next.get(id.name)))
            return `${comment}*/${tokenise(joined([...head, ...others]))}\n`;
        places = next;
    }
    throw new Error("bundler/espruino/overlay.ts: the places do not settle.");
}

/** A statement that stays; of variables each by itself. A function becomes an arrow function where it can. */
function residents(node: AnyNode, render: (node: AnyNode) => string): string[] {
    if (node.type === "VariableDeclaration") return node.declarations.map((one) => `let ${render(one)}`);
    return [node.type === "FunctionDeclaration" ? residentFunction(node, render) : render(node).replace(/;$/, "")];
}

function residentFunction(
    node: FunctionDeclaration | AnonymousFunctionDeclaration,
    render: (node: AnyNode) => string,
): string {
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
