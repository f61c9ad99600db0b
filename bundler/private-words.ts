import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import ts from "typescript";
import * as tstl from "typescript-to-lua";

/*
 * What the core and its board say to each other ("linkUp", "dial") never leaves the bundle, and costs flash each time it is named.
 * There it becomes a number: where it is handed over, where it is looked at, and where a record has it as its type. Anywhere else the
 * same text is somebody's text, and stays.
 */

/** Functions that take such a word, and what it is called where it is looked at. */
const TAKERS = /^(emit|perform|report|tell)$/;
const WORD = /^(what|type)$/;

/** Where the words are declared. */
const EVENTS = "device/core/events.ts";
const PLATFORM = "device/platform.ts";

function parse(path: string, text: string): ts.SourceFile {
    return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
}

/** The inputs' types and the platform's functions, those that are used most first. @param root the repository */
export function privateWords(root: string): Map<string, number> {
    const declared = new Set<string>();
    const read = (node: ts.Node): void => {
        if (ts.isPropertySignature(node) && node.name.getText() === "type" && node.type !== undefined)
            for (const [, word] of node.type.getText().matchAll(/"(\w+)"/g)) declared.add(word!);
        ts.forEachChild(node, read);
    };
    read(parse(EVENTS, readFileSync(join(root, EVENTS), "utf8")));
    ts.forEachChild(parse(PLATFORM, readFileSync(join(root, PLATFORM), "utf8")), (node) => {
        if (!ts.isInterfaceDeclaration(node)) return;
        for (const { name } of node.members) if (name !== undefined) declared.add(name.getText());
    });
    const uses = new Map([...declared].sort().map((word): [string, number] => [word, 0]));
    for (const file of readdirSync(join(root, "device"), { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".ts")) continue;
        for (const { text } of wordsIn(parse(file, readFileSync(join(root, "device", file), "utf8")), uses))
            uses.set(text, uses.get(text)! + 1);
    }
    const order = [...uses].sort(([, a], [, b]) => b - a);
    return new Map(order.map(([word], index) => [word, index + 1]));
}

/** Where a source says one of the words. */
function wordsIn(source: ts.SourceFile, words: ReadonlyMap<string, number>): ts.StringLiteral[] {
    const found: ts.StringLiteral[] = [];
    const visit = (node: ts.Node): void => {
        if (ts.isStringLiteral(node) && words.has(node.text) && isWord(node)) found.push(node);
        ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
}

function isWord(literal: ts.StringLiteral): boolean {
    let node: ts.Node = literal;
    while (ts.isConditionalExpression(node.parent) && node.parent.condition !== node) node = node.parent;
    const { parent } = node;
    if (ts.isCallExpression(parent)) return parent.expression !== node && TAKERS.test(lastName(parent.expression));
    if (ts.isPropertyAssignment(parent)) return parent.name.getText() === "type";
    if (!ts.isBinaryExpression(parent) || !/^[!=]==$/.test(parent.operatorToken.getText())) return false;
    return WORD.test(lastName(parent.left === node ? parent.right : parent.left));
}

function lastName(node: ts.Expression): string {
    if (ts.isPropertyAccessExpression(node)) return node.name.text;
    return ts.isIdentifier(node) ? node.text : "";
}

/** For esbuild: the words as numbers. */
export function wordsPlugin(words: ReadonlyMap<string, number>): Plugin {
    return {
        name: "private words",
        setup(build) {
            build.onLoad({ filter: /[\\/]device[\\/].*\.ts$/ }, ({ path }) => {
                let text = readFileSync(path, "utf8");
                for (const node of wordsIn(parse(path, text), words).reverse())
                    text = text.slice(0, node.getStart()) + String(words.get(node.text)) + text.slice(node.end);
                return { contents: text, loader: "ts" };
            });
        },
    };
}

/** For typescript-to-lua: the same. */
export function wordsToNumbers(words: ReadonlyMap<string, number>): tstl.Plugin {
    return {
        visitors: {
            [ts.SyntaxKind.StringLiteral]: (node, context) => {
                const number = isWord(node) ? words.get(node.text) : undefined;
                if (number === undefined) return context.superTransformExpression(node);
                return tstl.createNumericLiteral(number, node);
            },
        },
    };
}
