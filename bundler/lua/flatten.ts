import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { BuildError, ROOT } from "../output.ts";

/**
 * Makes one script of a program's modules, in the order in which they run: no imports and no exports, each name of a module's top level
 * with the module's number behind it (`save` of the third module is `save_3`), and constants where they are used. What a script declares
 * is global in Lua, and a function that is made of its text sees no other names.
 * @param entry the path of the module that runs last
 * @param fields of records that nobody outside sees, and their short names
 */
export function flatten(program: ts.Program, entry: string, fields: ReadonlyMap<string, string>): string {
    const checker = program.getTypeChecker();
    const modules = inOrder(program, entry);

    /** Where a name of a module's top level is declared. Undefined: it is no such name, or only `declare`d. */
    function declarationOf(name: ts.Identifier): ts.Declaration | undefined {
        const symbol = ts.isShorthandPropertyAssignment(name.parent)
            ? checker.getShorthandAssignmentValueSymbol(name.parent)
            : checker.getSymbolAtLocation(name);
        if (symbol === undefined) return undefined;
        const meant = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
        const declaration = meant.declarations?.[0];
        if (declaration === undefined || !modules.includes(declaration.getSourceFile())) return undefined;
        const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
        const ambient = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) !== 0;
        return ts.isSourceFile(statement.parent) && !ambient ? declaration : undefined;
    }

    function textOf(name: ts.Identifier): string {
        const declaration = declarationOf(name);
        if (declaration === undefined) return isField(name) ? (fields.get(name.text) ?? name.text) : name.text;
        const own = ts.getNameOfDeclaration(declaration)!.getText();
        const number = modules.indexOf(declaration.getSourceFile());
        return constantOf(declaration)?.getText() ?? `${own}_${number}`;
    }

    /** A module's text with what its names are in the script. */
    function edited(module: ts.SourceFile): string {
        let out = "";
        let at = 0;
        const replace = (node: ts.Node, text: string): void => {
            out += module.text.slice(at, node.getStart()) + text;
            at = node.end;
        };
        const visit = (node: ts.Node): void => {
            const constants = ts.isVariableStatement(node) ? node.declarationList.declarations : undefined;
            if (ts.isExportDeclaration(node))
                throw new BuildError(`${module.fileName}: export names where they are declared.`);
            if (ts.isImportDeclaration(node) || node.kind === ts.SyntaxKind.ExportKeyword) replace(node, "");
            else if (ts.isSourceFile(node.parent) && constants?.every(constantOf)) replace(node, "");
            else if (ts.isShorthandPropertyAssignment(node))
                replace(node, `${fields.get(node.name.text) ?? node.name.text}: ${textOf(node.name)}`);
            else if (ts.isIdentifier(node)) replace(node, textOf(node));
            else if (isFieldsType(node)) replace(node, `"${fields.get(node.text) ?? node.text}"`);
            else ts.forEachChild(node, visit);
        };
        module.statements.forEach(visit);
        return out + module.text.slice(at);
    }

    return modules.map(edited).join("\n");
}

/** The modules that the entry needs, each behind those that it imports. Throws when some import each other. */
function inOrder(program: ts.Program, entry: string): ts.SourceFile[] {
    const found: ts.SourceFile[] = [];
    const visit = (path: string, importers: string[]): void => {
        const name = relative(ROOT, path);
        const module = program.getSourceFile(path);
        if (module === undefined) throw new BuildError(`${name} is missing.`);
        if (importers.includes(name))
            throw new BuildError(`These modules import each other: ${[...importers, name].join(" → ")}.`);
        if (found.includes(module)) return;
        for (const statement of module.statements)
            if (ts.isImportDeclaration(statement))
                visit(join(dirname(path), (statement.moduleSpecifier as ts.StringLiteral).text), [...importers, name]);
        found.push(module);
    };
    visit(entry, []);
    return found;
}

/** `record.name`, `{ name: … }`, or the name in a record's type. */
function isField(name: ts.Identifier): boolean {
    const { parent } = name;
    const named = ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent);
    return (named || ts.isPropertySignature(parent)) && parent.name === name;
}

/** The name in `Record["name"]`, a field's type. */
function isFieldsType(node: ts.Node): node is ts.StringLiteral {
    return (
        ts.isStringLiteral(node) && ts.isLiteralTypeNode(node.parent) && ts.isIndexedAccessTypeNode(node.parent.parent)
    );
}

/** The value of a `const` that is a number or a string. */
function constantOf(declaration: ts.Declaration): ts.Expression | undefined {
    if (!ts.isVariableDeclaration(declaration) || (declaration.parent.flags & ts.NodeFlags.Const) === 0)
        return undefined;
    const isLiteral = (value: ts.Expression | undefined): boolean =>
        value !== undefined && (ts.isStringLiteral(value) || ts.isNumericLiteral(value));
    const all = ts.isVariableDeclarationList(declaration.parent) ? declaration.parent.declarations : [];
    return all.every(({ initializer }) => isLiteral(initializer)) ? declaration.initializer : undefined;
}
