/*
 * Functions stay in flash.
 *
 * An ESP8266 has 1,600 variables. A function that is declared takes four of them, and one for each parameter, as long as the program
 * runs; all of Toque's would be 600. So a function that is only ever called is not declared. Its body stands in a comment at the
 * beginning of the file, which is in flash, and each call makes a function of that text, for this one call:
 *
 *     function low(n) { return n % 128 }      becomes      the comment's octets 2 to 14: return a%128
 *     print(low(300))                                      print($("a",$$.substr(2,12))(300))
 *
 * `$` is Espruino's `Function`, and `$$` the file; both are constants, so that an application cannot take them away. Reading it copies nothing: a piece of a file in flash is its place there. A function
 * that is used as a value (a listener), or has `this` or `arguments` in it, is declared as before.
 *
 * Two more rules save variables. A constant is written where it is used. A name of up to four characters takes no variable of its own,
 * so names have one letter; those of the top level have a "$" before it, for they are globals, and the letters are the person's.
 */
import { parse } from "acorn";
import type { AnyNode, FunctionDeclaration, Program, VariableDeclarator } from "acorn";
import { simple } from "acorn-walk";
import { analyze } from "eslint-scope";
import type { Scope, ScopeManager, Variable } from "eslint-scope";
import { isTooOld, OLDEST } from "./firmware.ts";

/** The file in flash that a board runs, and reads the bodies from. */
const FILE = ".boot0";

/** What a person reads whose firmware is too old … */
const TOO_OLD = `toque: this needs Espruino ${OLDEST} or newer`;

/** … or who has put the bundle anywhere else. */
const MISPLACED = "toque: flash this as .boot0";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const [OPEN, CLOSE] = ["/*", "*/"];

/** Where a function's body stands in the file. */
interface Place {
    at: number;
    octets: number;
}

/** A piece of the program, and what stands there instead. */
interface Edit {
    start: number;
    end: number;
    text: () => string;
}

/** @param text a flat program of ASCII, minified but for its names */
export function overlayEspruino(text: string): string {
    const program = parse(text, { ecmaVersion: 2020, ranges: true });
    const scopes = analyze(program as never, { ecmaVersion: 2020, sourceType: "script" });
    const tops = scopes.globalScope!.variables.filter(({ defs }) => defs.length > 0);
    const callees = calleesOf(program);
    const places = new Map<FunctionDeclaration, Place>();
    const constants = new Set<VariableDeclarator>();
    const edits = braces(program);
    let kept = 0;
    for (const variable of tops) {
        const declaration = declarationOf(variable);
        const value = declaration.type === "VariableDeclarator" ? constantOf(variable, declaration, text) : undefined;
        if (declaration.type === "FunctionDeclaration" && isOnlyCalled(variable, declaration, scopes, callees)) {
            const place = { at: 0, octets: 0 };
            places.set(declaration, place);
            const parameters = declaration.params.map((_, index) => `"${LETTERS[index]!}",`).join("");
            replace(usesOf(variable), edits, () => `$(${parameters}$$.substr(${place.at},${place.octets}))`);
        } else if (value !== undefined) {
            constants.add(declaration as VariableDeclarator);
            replace(usesOf(variable), edits, () => value);
        } else {
            rename(variable, `$${nameOf(kept++)}`, edits);
        }
    }
    for (const scope of scopes.globalScope!.childScopes) renameLocals(scope, 0, edits);
    edits.sort((a, b) => a.start - b.start);
    const render = ({ start, end }: { start: number; end: number }): string => edited(text, edits, start, end);

    // a place is written in as many digits as it has, which moves the places behind it: until nothing moves any more
    for (let before = ""; ;) {
        const file = layOut(program, places, constants, render);
        if (file === before) return file;
        before = file;
    }
}

/**
 * The comment with the bodies, and behind it what stays. Notes the bodies' places. Each has a line of its own, because an error shows the
 * line where it was thrown, and on a board that one has to fit in memory.
 */
function layOut(
    program: Program,
    places: Map<FunctionDeclaration, Place>,
    constants: Set<VariableDeclarator>,
    render: (piece: { start: number; end: number }) => string,
): string {
    let comment = `${OPEN}\n`;
    for (const [{ body }, place] of places) {
        const code = render({ start: body.start + 1, end: body.end - 1 });
        place.at = comment.length;
        place.octets = code.length;
        comment += `${code}\n`;
    }
    if (comment.includes(CLOSE)) throw new Error(`A function has "${CLOSE}" in it, which ends the comment.`);
    const check = `if(!$$||$$.substr(${comment.length},${CLOSE.length})!="${CLOSE}")throw"${MISPLACED}"`;
    const age = `if(${isTooOld("process.env.VERSION")})throw"${TOO_OLD}"`;
    // an image of save() has them already, and a `const` may not be there twice
    const constant = (name: string, value: string): string =>
        `Object.defineProperty(global,"${name}",{value:${value},writable:false})`;
    const reader = `${constant("$", "Function")},${constant("$$", `require("Storage").read("${FILE}")`)}`;
    const head = `${comment}${CLOSE}\n${age};\nif(typeof $$=="undefined"){${reader}}\n${check}`;
    const rest = program.body.map((node) => {
        if (node.type === "VariableDeclaration") {
            const left = node.declarations.filter((one) => !constants.has(one)).map(render);
            return left.length === 0 ? "" : `var ${left.join(",")}`;
        }
        if (node.type !== "FunctionDeclaration") return render(node).replace(/;$/, "");
        if (places.has(node)) return "";
        const { id, params, body } = node;
        return `var ${render(id)}=function(${params.map(render).join(",")})${render(body)}`; // nothing is hoisted
    });
    return [head, ...rest.filter((statement) => statement !== "")].join(";\n") + "\n";
}

/** What a name of the top level is declared by. */
function declarationOf({ name, defs }: Variable): FunctionDeclaration | VariableDeclarator {
    if (defs.length !== 1) throw new Error(`${name} is declared more than once.`);
    return defs[0]!.node as never;
}

/** Where it is named, its declaration excepted. */
function usesOf({ references, identifiers }: Variable): AnyNode[] {
    const uses = references.map(({ identifier }) => identifier as AnyNode);
    return uses.filter((use) => !identifiers.includes(use as never));
}

function isOnlyCalled(
    variable: Variable,
    node: FunctionDeclaration,
    scopes: ScopeManager,
    callees: Set<AnyNode>,
): boolean {
    const scope = scopes.acquire(node as never) as Scope & { thisFound: boolean };
    const own = scope.thisFound || scope.set.get("arguments")!.references.length > 0;
    return !own && usesOf(variable).every((use) => callees.has(use));
}

/** The value of a constant, as it is written. Undefined: it is none, or not a literal. */
function constantOf({ references }: Variable, { init }: VariableDeclarator, text: string): string | undefined {
    const written = references.some((reference) => reference.isWrite() && reference.init !== true);
    const literal = init?.type === "Literal" || (init?.type === "TemplateLiteral" && init.expressions.length === 0);
    return literal && !written ? text.slice(init.start, init.end) : undefined;
}

/** What is called, in `f(…)`. */
function calleesOf(program: Program): Set<AnyNode> {
    const callees = new Set<AnyNode>();
    simple(program, { CallExpression: ({ callee }) => void callees.add(callee) });
    return callees;
}

/** A `do` without braces is a SyntaxError before Espruino 2v25. */
function braces(program: Program): Edit[] {
    const edits: Edit[] = [];
    simple(program, {
        DoWhileStatement({ body: { type, start, end } }) {
            if (type === "BlockStatement") return;
            edits.push({ start, end: start, text: () => "{" }, { start: end, end, text: () => "}" });
        },
    });
    return edits;
}

function nameOf(index: number): string {
    const round = Math.floor(index / LETTERS.length);
    return `${LETTERS[index % LETTERS.length]!}${round === 0 ? "" : round}`;
}

function replace(nodes: AnyNode[], edits: Edit[], text: () => string): void {
    for (const { start, end } of nodes) edits.push({ start, end, text });
}

function rename(variable: Variable, name: string, edits: Edit[]): void {
    replace([...(variable.identifiers as AnyNode[]), ...usesOf(variable)], edits, () => name);
}

/** Letters for all that a function of the top level declares, its parameters first. @returns how many names are in use so far */
function renameLocals(scope: Scope, used: number, edits: Edit[]): number {
    let count = used;
    for (const variable of scope.variables) if (variable.defs.length > 0) rename(variable, nameOf(count++), edits);
    for (const inner of scope.childScopes) count = renameLocals(inner, count, edits);
    return count;
}

/** A piece of the text with the edits that are in it. */
function edited(text: string, edits: Edit[], start: number, end: number): string {
    let out = "";
    let at = start;
    for (const edit of edits) {
        if (edit.start < start || edit.end > end) continue;
        out += text.slice(at, edit.start) + edit.text();
        at = edit.end;
    }
    return out + text.slice(at, end);
}
