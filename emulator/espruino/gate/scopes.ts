import type { AnyNode, CallExpression, Identifier, Program } from "acorn";
import { simple } from "acorn-walk";
import { analyze } from "eslint-scope";
import type * as eslint from "eslint-scope";

type FunctionNode = Extract<
    AnyNode,
    { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

/** A name, and from where in the source on it has its value: Espruino hoists nothing. */
export interface Variable {
    name: string;
    readyAt: number;
    /** the function or program whose run makes it */
    home: AnyNode;
    /** what it is, if that is a function */
    code: FunctionNode | undefined;
    /** what it was first given */
    init: AnyNode | undefined;
    /** the loop whose head declares it */
    loop: AnyNode | undefined;
}

/** A use of a name. */
export interface Reference {
    node: Identifier;
    /** undefined: a global */
    variable: Variable | undefined;
    /** innermost function around it that does not run at once where it is written, or the program */
    home: AnyNode;
    /** it is called right here */
    called: boolean;
    /** it only asks for the type */
    typeOnly: boolean;
}

export function isFunction(node: AnyNode | null | undefined): node is FunctionNode {
    return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node?.type ?? "");
}

/** Reads all names of a program: what declares them, and every use. @param program with ranges */
export function readScopes(program: Program): { variables: Variable[]; references: Reference[] } {
    const called = new Set<AnyNode>();
    const asked = new Set<AnyNode>();
    const call = ({ callee }: Pick<CallExpression, "callee">): void => void called.add(callee);
    simple(program, {
        CallExpression: call,
        NewExpression: call,
        UnaryExpression: ({ operator, argument }) => void (operator === "typeof" && asked.add(argument)),
    });
    /** A function that is called where it is written runs right there. */
    const homeOf = ({ variableScope }: eslint.Scope): AnyNode => {
        const block = variableScope.block as AnyNode;
        return called.has(block) ? homeOf(variableScope.upper!) : block;
    };
    const { scopes } = analyze(program as never, { ecmaVersion: 2022, sourceType: "script" });
    const declared = scopes.flatMap(({ variables }) => variables.filter(({ defs }) => defs.length > 0));
    const variables = new Map(declared.map((variable) => [variable, read(variable, homeOf(variable.scope))]));
    const references = scopes.flatMap((scope) =>
        scope.references
            .filter(({ identifier, resolved }) => resolved?.identifiers.includes(identifier as never) !== true)
            .map(({ identifier, resolved }) => ({
                node: identifier as Identifier,
                variable: resolved === null ? undefined : variables.get(resolved),
                home: homeOf(scope),
                called: called.has(identifier as Identifier),
                typeOnly: asked.has(identifier as Identifier),
            })),
    );
    return { variables: [...variables.values()], references };
}

function read({ name, defs, scope }: eslint.Variable, home: AnyNode): Variable {
    const { type, node, name: id } = defs[0]! as unknown as { type: string; node: AnyNode; name: AnyNode };
    const init = node.type === "VariableDeclarator" ? (node.init ?? undefined) : undefined;
    const code = type === "FunctionName" ? node : init;
    // a function expression sees its own name from its beginning on
    const readyAt = node.type === "FunctionExpression" && type === "FunctionName" ? node.start : node.end;
    return {
        name,
        readyAt: type === "Parameter" || type === "CatchClause" ? id.end : readyAt,
        home,
        code: isFunction(code) ? code : undefined,
        init,
        loop: scope.type === "for" ? (scope.block as AnyNode) : undefined,
    };
}
