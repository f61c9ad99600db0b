import { parse } from "acorn";
import type { AnyNode, Program } from "acorn";
import { full, fullAncestor } from "acorn-walk";
import { checkNames } from "./names.ts";
import { isPresent } from "./globals.ts";
import { expandOverlay } from "./overlay.ts";
import { isFunction, readScopes } from "./scopes.ts";
import type { Reference, Variable } from "./scopes.ts";
import { checkSyntax } from "./syntax.ts";

/** A place that Espruino would refuse, or run otherwise than it reads. */
export interface Finding {
    /** from 1 */
    line: number;
    /** from 0 */
    column: number;
    why: string;
}

export interface GateOptions {
    /** The source is the bundle, which has no octet above 0x7f. A person's application may have UTF-8 in its texts. */
    asciiOnly?: boolean;
    /** Names that another file of the same board defines. */
    globals?: readonly string[];
}

/**
 * Reads a program as Espruino would and tells what it cannot parse or run: see gate.test.ts, which has every row of what was
 * tried on the interpreter. What depends on a program's data is beyond it.
 */
export function checkProgram(written: string, options: GateOptions = {}): Finding[] {
    const findings: Finding[] = [];
    let program: Program;
    let source = written;
    try {
        source = expandOverlay(written);
        program = parse(source, { ecmaVersion: "latest", sourceType: "script", locations: true, ranges: true });
    } catch (error) {
        const { line, column } = (error as { loc?: { line: number; column: number } }).loc ?? { line: 1, column: 0 };
        return [{ line, column, why: `no script at all: ${String(error)}` }];
    }
    const add = (node: AnyNode, why: string | undefined): void => {
        if (why === undefined) return;
        const { line, column } = node.loc!.start;
        findings.push({ line, column, why });
    };

    const { variables, references } = readScopes(program);
    const made = new Map<string, AnyNode>();
    for (const { name, init } of variables) if (init !== undefined) made.set(name, init);
    fullAncestor(program, (node, _, ancestors) => {
        add(node, checkSyntax(node, ancestors.slice(0, -1), source));
        add(node, checkNames(node, made));
    });
    if (options.asciiOnly === true) findings.push(...checkAscii(source));
    for (const reference of references) {
        add(reference.node, checkGlobal(reference, options.globals ?? []));
        add(reference.node, checkOrder(reference, references));
        add(reference.node, checkLoop(reference, program));
    }
    return findings;
}

function checkAscii(source: string): Finding[] {
    const lines = source.split("\n").map((text, index) => ({ line: index + 1, column: text.search(/[^\x00-\x7f]/) }));
    const wrong = lines.filter(({ column }) => column >= 0);
    return wrong.map((place) => ({ ...place, why: "An octet above 0x7f: write it as \\x.." }));
}

function checkGlobal({ node, variable, typeOnly }: Reference, given: readonly string[]): string | undefined {
    if (variable !== undefined || typeOnly || isPresent(node.name) || given.includes(node.name)) return undefined;
    return `Espruino has no ${node.name}`;
}

/** A name that is used where its definition has not run yet: right here, or in what is called here. */
function checkOrder(reference: Reference, all: readonly Reference[]): string | undefined {
    const { node, variable, home, called } = reference;
    if (variable === undefined) return undefined;
    if (variable.home === home && node.start < variable.readyAt && !isInside(node, variable.code)) {
        return `Espruino hoists nothing: ${variable.name} is used before it is defined`;
    }
    if (!called || variable.code === undefined) return undefined;
    const unready = findUnready(variable, node.start, home, all, new Set());
    return unready === undefined
        ? undefined
        : `Espruino hoists nothing: ${variable.name}() is called before ${unready.name} is defined`;
}

function isInside(node: AnyNode, code: AnyNode | undefined): boolean {
    return code !== undefined && node.start >= code.start && node.end <= code.end;
}

/** What a function needs, directly or through what it calls, that is not defined where it is called. */
function findUnready(
    called: Variable,
    at: number,
    home: AnyNode,
    all: readonly Reference[],
    seen: Set<Variable>,
): Variable | undefined {
    if (seen.has(called)) return undefined;
    seen.add(called);
    for (const inner of all) {
        if (inner.home !== called.code || inner.variable === undefined) continue;
        if (inner.variable.home === home && inner.variable.readyAt > at) return inner.variable;
        if (!inner.called) continue;
        const deeper = findUnready(inner.variable, at, home, all, seen);
        if (deeper !== undefined) return deeper;
    }
    return undefined;
}

/** A closure over the variable of a loop's head: on Espruino all of them see the last value. */
function checkLoop({ node, variable }: Reference, program: AnyNode): string | undefined {
    const loop = variable?.loop;
    if (loop === undefined) return undefined;
    let captured = false;
    full(program, (inner) => {
        const within = inner.start >= loop.start && inner.end <= loop.end;
        captured ||= isFunction(inner) && within && isInside(node, inner);
    });
    return captured ? `On Espruino every closure sees the last ${node.name}: copy it inside the body` : undefined;
}

/** The sentence for a program that must not be run. */
export function describe(findings: readonly Finding[], file: string): string {
    const lines = findings.map(({ line, column, why }) => `${file}:${line}:${column + 1}: ${why}`);
    return `Espruino cannot run this:\n${lines.join("\n")}`;
}
