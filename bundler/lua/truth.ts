import ts from "typescript";
import * as tstl from "typescript-to-lua";

/** Types that may hold what is false in Lua, or nobody knows. */
const FALSY = ts.TypeFlags.BooleanLike | ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter;

function mayBeFalse(type: ts.Type): boolean {
    return type.isUnion() ? type.types.some(mayBeFalse) : (type.flags & FALSY) !== 0;
}

/** Is only asked whether it holds: an `if`'s, a loop's or a `? :`'s condition, or a part of one. */
function isCondition(node: ts.Expression): boolean {
    const parent = node.parent;
    if (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) return parent.expression === node;
    if (ts.isConditionalExpression(parent)) return parent.condition === node;
    if (ts.isParenthesizedExpression(parent)) return isCondition(parent);
    if (ts.isPrefixUnaryExpression(parent)) return parent.operator === ts.SyntaxKind.ExclamationToken;
    const kind = ts.isBinaryExpression(parent) ? parent.operatorToken.kind : undefined;
    const joins = kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;
    return joins && isCondition(parent as ts.BinaryExpression);
}

/**
 * `x === undefined` as `not x`, and `x !== undefined` in a condition as `x`, where x is never false: only nil and false are, in Lua.
 * That is shorter, and saves each function a constant.
 */
export const truthPlugin: tstl.Plugin = {
    visitors: {
        [ts.SyntaxKind.BinaryExpression]: (node, context) => {
            const kind = node.operatorToken.kind;
            const equal = kind === ts.SyntaxKind.EqualsEqualsEqualsToken;
            const unequal = kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;
            const none = ts.isIdentifier(node.right) && node.right.text === "undefined";
            if (!none || !(equal || (unequal && isCondition(node)))) return context.superTransformExpression(node);
            if (mayBeFalse(context.checker.getTypeAtLocation(node.left))) return context.superTransformExpression(node);
            const value = context.transformExpression(node.left);
            return equal ? tstl.createUnaryExpression(value, tstl.SyntaxKind.NotOperator, node) : value;
        },
        // `() => f()` returns what f returns: where that is nothing, it need not be said
        [ts.SyntaxKind.ArrowFunction]: (node, context) => {
            const result = context.checker.getTypeAtLocation(node.body);
            if (ts.isBlock(node.body) || (result.flags & ts.TypeFlags.Void) === 0)
                return context.superTransformExpression(node);
            const block = ts.factory.createBlock([ts.factory.createExpressionStatement(node.body)]);
            ts.setTextRange(block, node.body);
            ts.setOriginalNode(block, node.body);
            const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
            const whole = ts.factory.updateArrowFunction(
                node,
                modifiers,
                typeParameters,
                parameters,
                type,
                equalsGreaterThanToken,
                block,
            );
            return context.superTransformExpression(whole);
        },
    },
};
