import ts from "typescript";

const TEXT = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike;

function isText(type: ts.Type): boolean {
    return type.isUnion() ? type.types.every(isText) : (type.flags & TEXT) !== 0;
}

/**
 * Sentences on each `a + b` and template that adds something to a string which is neither string nor number: JavaScript writes
 * "undefined" or "true" there, and the bundle's Lua would stop.
 */
export function concatenationProblems(program: ts.Program): string[] {
    const checker = program.getTypeChecker();
    const problems: string[] = [];
    const demand = (node: ts.Expression): void => {
        const type = checker.getTypeAtLocation(node);
        if (isText(type)) return;
        const file = node.getSourceFile();
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        const what = `${node.getText()} is ${checker.typeToString(type)}`;
        problems.push(
            `${file.fileName}(${line + 1}): only strings and numbers can be added to a string in Lua; ${what}.`,
        );
    };
    const visit = (node: ts.Node): void => {
        if (ts.isTemplateExpression(node)) for (const span of node.templateSpans) demand(span.expression);
        const plus = ts.isBinaryExpression(node) ? node.operatorToken.kind : undefined;
        if (
            ts.isBinaryExpression(node) &&
            (plus === ts.SyntaxKind.PlusToken || plus === ts.SyntaxKind.PlusEqualsToken) &&
            (checker.getTypeAtLocation(node).flags & ts.TypeFlags.StringLike) !== 0
        ) {
            demand(node.left);
            demand(node.right);
        }
        ts.forEachChild(node, visit);
    };
    for (const file of program.getSourceFiles()) if (!file.isDeclarationFile) visit(file);
    return problems;
}
