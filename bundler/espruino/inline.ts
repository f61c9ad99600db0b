import { parse } from "acorn";
import type {
    AnyNode,
    CallExpression,
    Expression,
    FunctionDeclaration,
    Identifier,
    MemberExpression,
    Program,
} from "acorn";
import { readScopes } from "./js-scopes.ts";
import type { Reference, Variable } from "./js-scopes.ts";
import { children, isFunction, walk } from "./js-walk.ts";

/** Octets of a call of a function that is made for it, without its arguments; and of its body's line, beside the body. */
const CALL_OCTETS = 8;
const LINE_OCTETS = 8;

/** A function that is one expression. */
interface Short {
    node: FunctionDeclaration;
    expression: Expression;
    /** its value is given back */
    returns: boolean;
    calls: Call[];
}

interface Call {
    node: CallExpression;
    parents: AnyNode[];
}

/** Writes functions that are one expression where they are called, if that is shorter: the calls alone cost a board most of its time. */
export function inlineExpressions(text: string): string {
    let program = text;
    for (;;) {
        const next = inlineOne(program);
        if (next === undefined) return program;
        program = next;
    }
}

function inlineOne(text: string): string | undefined {
    const program = parse(text, { ecmaVersion: 2020 });
    const { variables, references } = readScopes(program);
    for (const node of program.body) {
        const short = node.type === "FunctionDeclaration" ? readShort(program, node, variables, references) : undefined;
        if (short === undefined) continue;
        const places = short.calls.map((call) => placeOf(text, short, call, variables, references));
        if (places.includes(undefined)) continue;
        const before = short.calls.reduce((sum, { node: call }) => sum + CALL_OCTETS + call.end - call.callee.end, 0);
        const after = places.reduce((sum, place) => sum + place!.length, 0);
        if (after > before + short.expression.end - short.expression.start + LINE_OCTETS) continue;
        const edits = short.calls.map(({ node: call }, index) => ({
            start: call.start,
            end: call.end,
            text: places[index]!,
        }));
        edits.push({ start: node.start, end: node.end, text: "" });
        let out = text;
        for (const edit of edits.sort((a, b) => b.start - a.start))
            out = out.slice(0, edit.start) + edit.text + out.slice(edit.end);
        return out;
    }
    return undefined;
}

function readShort(
    program: Program,
    node: FunctionDeclaration,
    variables: Variable[],
    references: Reference[],
): Short | undefined {
    const [statement, more] = node.body.body;
    const expression =
        statement?.type === "ReturnStatement" || statement?.type === "ExpressionStatement"
            ? statement.type === "ReturnStatement"
                ? statement.argument
                : statement.expression
            : undefined;
    if (more !== undefined || expression === undefined || expression === null) return undefined;
    if (node.params.some(({ type }) => type !== "Identifier")) return undefined;
    if (some(expression, (inner) => isFunction(inner) || inner.type === "ThisExpression" || isArguments(inner)))
        return undefined;
    const own = variables.find(({ id }) => id === node.id);
    const uses = references.filter(({ variable }) => variable === own);
    if (uses.length === 0 || !uses.every(({ called }) => called)) return undefined;
    if (uses.some((use) => node.start <= use.node.start && use.node.end <= node.end)) return undefined;
    const calls: Call[] = [];
    walk(program, (inner, parents) => {
        if (inner.type === "CallExpression" && uses.some((use) => use.node === inner.callee))
            calls.push({ node: inner, parents: [...parents] });
    });
    // a call in another's arguments is for the next round: the text of both would be written
    if (calls.some(({ parents }) => parents.some((parent) => calls.some((call) => call.node === parent))))
        return undefined;
    return { node, expression, returns: statement!.type === "ReturnStatement", calls };
}

function isArguments(node: AnyNode): boolean {
    return node.type === "Identifier" && node.name === "arguments";
}

function some(node: AnyNode, is: (node: AnyNode) => boolean): boolean {
    return is(node) || children(node).some((child) => some(child, is));
}

/** The expression with a call's arguments in it. Undefined: it would not mean the same there. */
function placeOf(
    text: string,
    { node, expression, returns }: Short,
    call: Call,
    variables: Variable[],
    references: Reference[],
): string | undefined {
    if (!returns && !isUnused(call)) return undefined;
    if (call.node.arguments.length > node.params.length) return undefined;
    const home = call.parents.find((parent) => parent.type !== "Program");
    const near = variables.filter(({ id }) => home !== undefined && home.start <= id.start && id.end <= home.end);
    const inside = references.filter((use) => expression.start <= use.node.start && use.node.end <= expression.end);
    const parameters = node.params.map((parameter) => variables.find(({ id }) => id === parameter)!);
    const names = new Set(near.map(({ name }) => name));
    if (inside.some((use) => !parameters.includes(use.variable!) && names.has(use.node.name))) return undefined;

    let awaited = 0; // arguments that do something are done in their order, before anything else is
    const edits: { start: number; end: number; text: string }[] = [];
    for (const [index, parameter] of parameters.entries()) {
        const uses = inside.filter(({ variable }) => variable === parameter);
        const argument = call.node.arguments[index];
        if (uses.some((use) => isChanged(expression, use.node))) return undefined;
        if (argument !== undefined && !isConstant(argument, near, references)) {
            const at = uses[0]?.node;
            if (
                uses.length !== 1 ||
                at === undefined ||
                at.start < awaited ||
                !isFirst(expression, at, parameters, inside)
            )
                return undefined;
            awaited = at.end;
        }
        const value = argument === undefined ? "void 0" : `(${text.slice(argument.start, argument.end)})`;
        for (const use of uses) edits.push({ start: use.node.start, end: use.node.end, text: value });
    }
    let out = "";
    let at = expression.start;
    for (const edit of edits.sort((a, b) => a.start - b.start)) {
        out += text.slice(at, edit.start) + edit.text;
        at = edit.end;
    }
    return `(${out}${text.slice(at, expression.end)})`;
}

/** Nobody looks at the call's value. */
function isUnused({ node, parents }: Call): boolean {
    let inner: AnyNode = node;
    for (const parent of [...parents].reverse()) {
        if (parent.type === "ExpressionStatement") return true;
        const last = parent.type === "SequenceExpression" ? parent.expressions.at(-1) === inner : true;
        if (!last) return true;
        const passed =
            parent.type === "SequenceExpression" ||
            (parent.type === "LogicalExpression" && parent.right === inner) ||
            (parent.type === "ConditionalExpression" && parent.test !== inner);
        if (!passed) return false;
        inner = parent;
    }
    return false;
}

/** A value that is the same whenever it is asked for while the call lasts. */
function isConstant(argument: AnyNode, near: Variable[], references: Reference[]): boolean {
    if (argument.type === "Literal") return true;
    if (argument.type === "UnaryExpression") return isConstant(argument.argument, near, references);
    if (argument.type !== "Identifier") return false;
    const meant = references.find(({ node }) => node === argument)?.variable;
    return meant !== undefined && near.includes(meant);
}

function isChanged(expression: AnyNode, use: Identifier): boolean {
    return some(
        expression,
        (node) =>
            (node.type === "AssignmentExpression" && node.left === use) ||
            (node.type === "UpdateExpression" && node.argument === use),
    );
}

/** Is a use reached in any case, and before anything else that does something, or could be changed? */
function isFirst(expression: AnyNode, use: Identifier, parameters: Variable[], inside: Reference[]): boolean {
    let first = true;
    let found = false;
    const isGlobal = (node: Identifier): boolean =>
        inside.some((use) => use.node === node && use.variable === undefined);
    const visit = (node: AnyNode, sure: boolean): void => {
        if (found) return;
        if (node === use) {
            found = true;
            first &&= sure;
            return;
        }
        if (node.type === "LogicalExpression" || node.type === "ConditionalExpression") {
            const [head, ...branches] = children(node);
            visit(head!, sure);
            for (const branch of branches) visit(branch, false);
            return;
        }
        const isTarget =
            node.type === "AssignmentExpression" && node.operator === "=" && node.left.type === "MemberExpression";
        if (isTarget && !(node.left as MemberExpression).computed) {
            visit((node.left as MemberExpression).object, sure);
            visit(node.right, sure);
        } else {
            for (const child of children(node)) visit(child, sure);
        }
        if (found) return;
        const ofGlobal = node.type === "MemberExpression" && node.object.type === "Identifier" && isGlobal(node.object);
        if (/^(Call|New|Assignment|Update|Member)Expression$/.test(node.type) && !ofGlobal) first = false;
        if (node.type === "Identifier") {
            const meant = inside.find((reference) => reference.node === node)?.variable;
            if (meant !== undefined && meant.code === undefined && !parameters.includes(meant)) first = false;
        }
    };
    visit(expression, true);
    return found && first;
}
