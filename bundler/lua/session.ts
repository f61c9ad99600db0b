import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { exportName } from "./modules.ts";

/** The device's records of which a bundle has one each, and their fields, which are names of the whole program there. */
const SINGLE = ["Session", "Decoder", "Device", "Wires"];

function isSingle(type: ts.Type): boolean {
    return SINGLE.includes(type.symbol?.name ?? "");
}

function nameOf(field: string, node?: ts.Node): tstl.Identifier {
    return tstl.createIdentifier(exportName("session", field), node);
}

/** The fields of a literal that is such a record. */
function fieldsOf(node: ts.ObjectLiteralExpression, checker: ts.TypeChecker): ts.PropertyAssignment[] | undefined {
    let outer: ts.Expression = node;
    while (ts.isAsExpression(outer.parent)) outer = outer.parent;
    const type = outer === node ? checker.getContextualType(node) : checker.getTypeAtLocation(outer);
    if (type === undefined || !isSingle(type)) return undefined;
    return node.properties.filter((property) => ts.isPropertyAssignment(property));
}

/**
 * On a board there is one device, and so one session: `session.state` is a variable of the program, and creating the session gives
 * them their values. That is a third of the octets, and one instruction instead of two.
 */
export const sessionPlugin: tstl.Plugin = {
    visitors: {
        [ts.SyntaxKind.PropertyAccessExpression]: (node, context) =>
            isSingle(context.checker.getTypeAtLocation(node.expression))
                ? nameOf(node.name.text, node)
                : context.superTransformExpression(node),
        [ts.SyntaxKind.ObjectLiteralExpression]: (node, context) => {
            const fields = fieldsOf(node, context.checker);
            if (fields === undefined) return context.superTransformExpression(node);
            const set = fields.map(({ name, initializer }) =>
                tstl.createAssignmentStatement(
                    nameOf((name as ts.Identifier).text),
                    context.transformExpression(initializer),
                ),
            );
            context.addPrecedingStatements(set);
            return tstl.createNumericLiteral(0, node); // stands for the session: nobody looks into it
        },
    },
};
