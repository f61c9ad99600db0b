import type { AnyNode, Literal } from "acorn";
import { full } from "acorn-walk";
import { isFunction } from "./scopes.ts";

/** What one node means on Espruino: a sentence, or nothing when it is all right. */
type Rule = (node: never, parents: readonly AnyNode[], source: string) => string | undefined;
type NodeOf<T extends AnyNode["type"]> = Extract<AnyNode, { type: T }>;

const NO_PATTERNS = "Espruino has no destructuring";
const NO_SPREAD = "Espruino has no spread";
const NO_ASYNC = "Espruino has no async functions";

const ERROR_CLASSES = /^(Error|TypeError|SyntaxError|ReferenceError|InternalError)$/;

function checkFunction(node: NodeOf<"FunctionDeclaration">): string | undefined {
    if (node.async) return NO_ASYNC;
    return node.generator ? "Espruino has no generators" : undefined;
}

function checkClass(node: NodeOf<"ClassDeclaration"> | NodeOf<"ClassExpression">): string | undefined {
    const parent = node.superClass;
    if (parent?.type === "Identifier" && ERROR_CLASSES.test(parent.name))
        return "On Espruino a subclass of Error gets no message: throw a plain object";
    if (node.type === "ClassExpression" && node.id !== null && node.id !== undefined) {
        let itself = false;
        const { name } = node.id;
        full(node.body, (inner) => {
            if (inner.type === "Identifier" && inner.name === name) itself = true;
        });
        if (itself) return `On Espruino a class expression does not see its own name ${name}`;
    }
    return undefined;
}

/** Espruino's regular expressions know groups, classes, ^ $ . * + ? | and \d \w \s. */
function checkRegExp({ pattern, flags }: { pattern: string; flags: string }): string | undefined {
    const bare = pattern.replace(/\\[^bBkpP]/g, "_").replace(/\[[^\]]*\]/g, "_");
    if (/[^gi]/.test(flags)) return `Espruino's regular expressions have no flag but g and i: ${flags}`;
    if (/\(\?/.test(bare)) return "Espruino's regular expressions have groups without ? only";
    if (/[*+?}]\?/.test(bare)) return "Espruino's regular expressions are never lazy";
    if (/\{/.test(bare)) return "Espruino's regular expressions do not count with {n}";
    return /\\[bBkpP]/.test(bare) ? "Espruino's regular expressions have no \\b, \\k or \\p" : undefined;
}

function checkLiteral(node: Literal): string | undefined {
    if (node.regex !== undefined && node.regex !== null) return checkRegExp(node.regex);
    if (node.bigint !== undefined && node.bigint !== null) return "Espruino has no BigInt";
    const raw = node.raw ?? "";
    return /\\\r?\n/.test(raw) ? "Espruino ends a string at a line continuation" : undefined;
}

function checkSuper(parents: readonly AnyNode[]): string | undefined {
    const parent = parents.at(-1);
    for (const around of [...parents].reverse()) {
        if (around.type === "ArrowFunctionExpression") return "On Espruino super does not work inside an arrow";
        if (isFunction(around)) break;
    }
    if (parent?.type === "CallExpression") return undefined;
    const classes = parents.filter(({ type }) => type === "ClassDeclaration" || type === "ClassExpression");
    const inner = classes.at(-1) as NodeOf<"ClassDeclaration">;
    const base = inner.superClass;
    const isSub = (node: AnyNode): boolean =>
        node.type === "ClassDeclaration" &&
        base?.type === "Identifier" &&
        node.id?.name === base.name &&
        node.superClass !== null;
    let twice = false;
    full(parents[0]!, (node) => (twice ||= isSub(node)));
    return twice ? "On Espruino super.m through two classes never ends" : undefined;
}

/** `return` on a line of its own, and more behind it: Espruino returns that. */
function checkReturn(node: NodeOf<"ReturnStatement">, _: readonly AnyNode[], source: string): string | undefined {
    const rest = source.slice(node.start + "return".length);
    return (node.argument ?? null) === null && /^[ \t]*\r?\n\s*[^\s}]/.test(rest)
        ? "Espruino returns what is on the line after return"
        : undefined;
}

function checkFieldArrow(node: NodeOf<"PropertyDefinition">): string | undefined {
    if (node.key.type === "PrivateIdentifier") return "Espruino has no private fields";
    if (node.value?.type !== "ArrowFunctionExpression") return undefined;
    let usesThis = false;
    full(node.value, (inner) => (usesThis ||= inner.type === "ThisExpression"));
    return usesThis ? "On Espruino an arrow in a field has no this: assign it in the constructor" : undefined;
}

/** A release before 2v25 takes a `do` without braces for a SyntaxError. */
function checkDo({ body }: NodeOf<"DoWhileStatement">): string | undefined {
    return body.type === "BlockStatement" ? undefined : "Espruino before 2v25 cannot read a do without braces";
}

function isLength(node: AnyNode): boolean {
    return node.type === "MemberExpression" && node.property.type === "Identifier"
        ? node.property.name === "length"
        : false;
}

function checkAssignment(node: NodeOf<"AssignmentExpression">): string | undefined {
    if (/^(\?\?|\|\||&&|\*\*)=$/.test(node.operator)) return `Espruino has no ${node.operator}`;
    return isLength(node.left) ? "Espruino cannot assign length" : undefined;
}

function checkSwitch(node: NodeOf<"SwitchStatement">): string | undefined {
    const at = node.cases.findIndex(({ test }) => (test ?? null) === null);
    return at >= 0 && at < node.cases.length - 1 ? "Espruino wants default last in a switch" : undefined;
}

const say =
    (text: string): Rule =>
    () =>
        text;

const RULES: Partial<Record<AnyNode["type"], Rule>> = {
    AssignmentPattern: say("Espruino has no default values"),
    RestElement: say("Espruino has no rest parameters"),
    SpreadElement: say(NO_SPREAD),
    ObjectPattern: say(NO_PATTERNS),
    ArrayPattern: say(NO_PATTERNS),
    ChainExpression: say("Espruino has no optional chaining"),
    LabeledStatement: say("Espruino has no labels"),
    TaggedTemplateExpression: say("Espruino has no tagged templates"),
    MetaProperty: say("Espruino has no new.target"),
    YieldExpression: say("Espruino has no generators"),
    AwaitExpression: say(NO_ASYNC),
    PrivateIdentifier: say("Espruino has no private fields"),
    StaticBlock: say("Espruino has no static blocks"),
    FunctionDeclaration: checkFunction,
    FunctionExpression: checkFunction,
    ArrowFunctionExpression: (node: NodeOf<"ArrowFunctionExpression">) => (node.async ? NO_ASYNC : undefined),
    ClassDeclaration: checkClass,
    ClassExpression: checkClass,
    Super: (_: AnyNode, parents: readonly AnyNode[]) => checkSuper(parents),
    Literal: checkLiteral,
    ReturnStatement: checkReturn,
    PropertyDefinition: checkFieldArrow,
    AssignmentExpression: checkAssignment,
    SwitchStatement: checkSwitch,
    DoWhileStatement: checkDo,
    BinaryExpression: (node: NodeOf<"BinaryExpression">) => (node.operator === "**" ? "Espruino has no **" : undefined),
    Property: (node: NodeOf<"Property">) => (node.computed ? "Espruino has no computed keys" : undefined),
    MethodDefinition: (node: NodeOf<"MethodDefinition">) =>
        node.computed ? "Espruino has no computed methods" : undefined,
};

/** What Espruino's parser refuses, or understands as something else. */
export function checkSyntax(node: AnyNode, parents: readonly AnyNode[], source: string): string | undefined {
    return RULES[node.type]?.(node as never, parents, source);
}
