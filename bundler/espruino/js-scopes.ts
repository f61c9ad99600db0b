import type { AnyNode, Identifier, VariableDeclaration } from "acorn";
import { children, isCalledAtOnce, isFunction } from "./js-walk.ts";
import type { FunctionNode } from "./js-walk.ts";

/** A name, and from where in the source on it has its value: Espruino hoists nothing. */
export interface Variable {
    name: string;
    /** where it is declared */
    id: Identifier;
    readyAt: number;
    /** the function or program whose run makes it */
    home: FunctionNode | AnyNode;
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

class Scope {
    readonly variables = new Map<string, Variable>();
    readonly outer: Scope | undefined;
    readonly home: AnyNode;
    /** takes `var` and function declarations */
    readonly isFunction: boolean;

    constructor(outer: Scope | undefined, home: AnyNode, isFunctionScope: boolean) {
        this.outer = outer;
        this.home = home;
        this.isFunction = isFunctionScope;
    }

    find(name: string): Variable | undefined {
        return this.variables.get(name) ?? this.outer?.find(name);
    }
}

/** Reads all names of a program: what declares them, and every use. */
export function readScopes(program: AnyNode): { variables: Variable[]; references: Reference[] } {
    const variables: Variable[] = [];
    const references: Reference[] = [];

    function declare(scope: Scope, id: AnyNode, readyAt: number, more: Partial<Variable> = {}): void {
        if (id.type !== "Identifier") return;
        if (scope.variables.has(id.name)) return;
        const variable: Variable = {
            name: id.name,
            id,
            readyAt,
            home: scope.home,
            code: undefined,
            init: undefined,
            loop: undefined,
            ...more,
        };
        scope.variables.set(id.name, variable);
        variables.push(variable);
    }

    function functionScope(scope: Scope): Scope {
        return scope.isFunction || scope.outer === undefined ? scope : functionScope(scope.outer);
    }

    function declareVariables(node: VariableDeclaration, scope: Scope, loop: AnyNode | undefined): void {
        const target = node.kind === "var" ? functionScope(scope) : scope;
        for (const { id, init, end } of node.declarations) {
            const code = init !== null && init !== undefined && isFunction(init) ? init : undefined;
            declare(target, id, end, { code, init: init ?? undefined, loop: node.kind === "var" ? undefined : loop });
        }
    }

    /** Finds what a scope declares, without going into inner scopes; `var` goes through blocks. */
    function collect(node: AnyNode, scope: Scope, loop?: AnyNode): void {
        if (node.type === "VariableDeclaration") declareVariables(node, scope, loop);
        if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
            const code = node.type === "FunctionDeclaration" ? (node as FunctionNode) : undefined;
            if (node.id !== null) declare(scope, node.id, node.end, { code });
            return;
        }
        if (isFunction(node) || node.type === "ClassExpression") return;
        for (const child of children(node)) {
            if (/^(BlockStatement|For\w*Statement|SwitchStatement|CatchClause)$/.test(child.type))
                collectVars(child, scope);
            else collect(child, scope);
        }
    }

    function collectVars(node: AnyNode, scope: Scope): void {
        if (node.type === "VariableDeclaration" && node.kind === "var") declareVariables(node, scope, undefined);
        if (!isFunction(node)) for (const child of children(node)) collectVars(child, scope);
    }

    function visitFunction(node: FunctionNode, scope: Scope, parent: AnyNode | undefined): void {
        const home = isCalledAtOnce(node, parent) ? scope.home : node;
        const inner = new Scope(scope, home, true);
        if (node.type === "FunctionExpression" && node.id) declare(inner, node.id, node.start, { code: node });
        for (const parameter of node.params) declare(inner, parameter, parameter.end);
        if (node.body.type === "BlockStatement") for (const statement of node.body.body) collectInto(statement, inner);
        for (const child of children(node)) {
            if (child === node.id || (node.params as AnyNode[]).includes(child)) continue;
            if (child === node.body && child.type === "BlockStatement")
                for (const s of child.body) visit(s, inner, child);
            else visit(child, inner, node);
        }
    }

    /** A statement's own declarations, those of the blocks in it left to the blocks. */
    function collectInto(statement: AnyNode, scope: Scope): void {
        if (/^(BlockStatement|For\w*Statement|SwitchStatement|TryStatement)$/.test(statement.type))
            collectVars(statement, scope);
        else collect(statement, scope);
    }

    function visitBlock(node: AnyNode, scope: Scope): void {
        const inner = new Scope(scope, scope.home, false);
        for (const child of children(node)) {
            if (child.type === "VariableDeclaration" && child.kind !== "var") {
                declareVariables(child, inner, /^For/.test(node.type) ? node : undefined);
            } else if (child.type === "FunctionDeclaration" || child.type === "ClassDeclaration") {
                collect(child, inner);
            } else if (child.type === "SwitchCase") {
                for (const statement of child.consequent) collectInto(statement, inner);
            }
        }
        if (node.type === "CatchClause" && node.param) declare(inner, node.param, node.param.end);
        for (const child of children(node)) visit(child, inner, node);
    }

    function visit(node: AnyNode, scope: Scope, parent: AnyNode | undefined): void {
        if (isFunction(node)) return visitFunction(node, scope, parent);
        if (/^(BlockStatement|For\w*Statement|SwitchStatement|CatchClause)$/.test(node.type))
            return visitBlock(node, scope);
        if (node.type === "Identifier") {
            if (isUse(node, parent)) {
                references.push({
                    node,
                    variable: scope.find(node.name),
                    home: scope.home,
                    called:
                        (parent?.type === "CallExpression" || parent?.type === "NewExpression") &&
                        parent.callee === node,
                    typeOnly: parent?.type === "UnaryExpression" && parent.operator === "typeof",
                });
            }
            return;
        }
        for (const child of children(node)) visit(child, scope, node);
    }

    const top = new Scope(undefined, program, true);
    for (const statement of children(program)) collectInto(statement, top);
    for (const statement of children(program)) visit(statement, top, program);
    return { variables, references };
}

/** Whether an identifier is the value of a name, not a property, a label or a declaration. */
function isUse(node: Identifier, parent: AnyNode | undefined): boolean {
    switch (parent?.type) {
        case "MemberExpression":
            return parent.object === node || parent.computed;
        case "Property":
            return parent.value === node || parent.computed;
        case "MethodDefinition":
        case "PropertyDefinition":
            return parent.value === node || parent.computed;
        case "VariableDeclarator":
            return parent.init === node;
        case "ClassDeclaration":
        case "ClassExpression":
            return parent.superClass === node;
        case "FunctionDeclaration":
        case "LabeledStatement":
        case "BreakStatement":
        case "ContinueStatement":
        case "CatchClause":
            return false;
        default:
            return true;
    }
}
