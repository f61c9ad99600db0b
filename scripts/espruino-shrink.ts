import type { Edit, Top, Tree } from "./js-program.ts";
import { children, edited, has, isFunction, isWritten, range, readProgram, readTops, walk } from "./js-program.ts";

/** The function that makes the others: not a word that a source uses. */
const PART = "____part";

/** Functions that are called so often that it has to be quick. */
export interface Often {
    /** called for each piece that the network gives: they last */
    lasting: string[];
    /** called for each message: they are made before all others, and so is what they use */
    first: string[];
}

/** A constant is written where it is used if it is used once, or is no longer than this. */
const SHORT = 5;

/**
 * The statements that need not last: functions that make no functions, and the constants that only these use. Such a function may be
 * passed on in one of these constants only: elsewhere it would keep all others alive.
 */
function chooseParts(tops: Top[], lasting: ReadonlySet<string>): Set<Tree> {
    const parts = new Set(
        tops
            .filter(
                (top) =>
                    !lasting.has(top.name) && !has(top.node, isFunction) && !isWritten(top) && isRepeatable(top.node),
            )
            .map(({ node }) => node),
    );
    const tables = new Set(tops.filter(({ node }) => node.type === "VariableDeclaration").map(({ node }) => node));
    for (let before = -1; before !== parts.size;) {
        before = parts.size;
        for (const { node, uses } of tops) {
            const stays = uses.some(({ inside, call }) =>
                tables.has(node) || (call === undefined && tables.has(inside))
                    ? !parts.has(inside)
                    : call === undefined,
            );
            if (stays) parts.delete(node);
        }
    }
    return parts;
}

/** Functions that only the program's own statements call, or others that only these call: nobody needs them afterwards. */
function forStartOnly(tops: Top[]): Top[] {
    const functions = tops.filter(
        ({ node, uses }) => isFunction(node) && uses.every(({ call, nested }) => call && !nested),
    );
    const once = new Set(functions.map(({ node }) => node));
    for (let before = -1; before !== once.size;) {
        before = once.size;
        for (const { node, uses } of functions)
            if (uses.some(({ inside }) => inside.type !== "ExpressionStatement" && !once.has(inside)))
                once.delete(node);
    }
    return functions.filter(({ node }) => once.has(node));
}

/** A declaration that may be made again and again: of a function, or of what is written down. */
function isRepeatable(node: Tree): boolean {
    if (node.type === "FunctionDeclaration") return !needsThis(node);
    return node.type === "VariableDeclaration" && !has(node, isWork);
}

function isWork(node: Tree): boolean {
    return /^(Call|New|Assignment|Update)Expression$/.test(node.type);
}

function literalOf(top: Top, text: string): string | undefined {
    if (top.node.type !== "VariableDeclaration" || isWritten(top)) return undefined;
    const init = (top.node["declarations"] as Tree[])[0]?.["init"] as Tree | undefined;
    return init?.type === "Literal" ? text.slice(init.start, init.end) : undefined;
}

/**
 * Makes a bundle fit a board with 1,600 variables of 12 octets, where each function costs four of them and each parameter one. The
 * functions that only work with what they are given are put into one, which makes them when one is called and lets go of them
 * when it returned; those that make functions themselves, or are passed on, stay as they are. And what is the same in fewer
 * octets: arrow functions, `==` (the types are compared by TypeScript), constants in place.
 * Making them all takes about as long as 2,000 turns of an empty loop, some 0.1 s on an ESP8266.
 * @param bundle one flat program, not minified
 * @param often names of functions
 */
export function shrinkEspruino(bundle: string, often: Often = { lasting: [], first: [] }): string {
    const program = readProgram(bundle);
    const tops = readTops(program);
    const edits: Edit[] = [];
    const gone = new Set<Tree>();

    for (const top of tops) {
        const value = literalOf(top, bundle);
        if (value === undefined || (value.length > SHORT && top.uses.length > 1)) continue;
        for (const { node, parent } of top.uses)
            edits.push({ ...range(node), text: parent["shorthand"] === true ? `${top.name}: ${value}` : value });
        gone.add(top.node);
    }

    const inPart = chooseParts(tops, new Set(often.lasting));
    const called = tops.filter(({ node, uses }) => inPart.has(node) && uses.some(({ inside }) => !inPart.has(inside)));
    const first = called.filter(({ name }) => often.first.includes(name));
    const entries = [...first, ...called.filter((top) => !first.includes(top))];
    const forFirst = neededBy(first, tops);
    entries.forEach(({ uses }, index) => {
        for (const { call, inside } of uses) {
            if (call === undefined || inPart.has(inside)) continue;
            const [first] = call["arguments"] as Tree[];
            const head = `${PART}(${index}${first === undefined ? "" : ", "}`;
            edits.push({ start: call.start, end: first === undefined ? call.end - 1 : first.start, text: head });
        }
    });
    const widest = Math.max(0, ...entries.map(({ node }) => (node["params"] as Tree[]).length));
    const values = Array.from({ length: widest }, (_, index) => `____${index}`).join(", ");

    const aliases = aliasStandard([...inPart], bundle, edits);
    for (const node of program["body"] as Tree[]) shorten(node, bundle, edits);
    const textOf = (node: Tree): string => edited(bundle, node, edits);
    const kept = (program["body"] as Tree[]).filter((node) => !gone.has(node));
    const choice = `[${entries.map(({ name }) => name).join(", ")}][____which](${values});`;
    const early = `[${first.map(({ name }) => name).join(", ")}][____which](${values});`;
    return [
        `let ${PART} = (____which, ${values}) => {`,
        aliases,
        ...kept.filter((node) => inPart.has(node) && forFirst.has(node)).map(textOf),
        first.length > 0 ? `if (____which < ${first.length}) return ${early}` : "",
        ...kept.filter((node) => inPart.has(node) && !forFirst.has(node)).map(textOf),
        `return ${choice}`,
        "};",
        ...kept.filter((node) => !inPart.has(node)).map(textOf),
        ...forStartOnly(tops).flatMap(({ node, name }) => (inPart.has(node) ? [] : [`${name} = 0;`])),
    ].join("\n");
}

/** These, and all that they use, and so on. */
function neededBy(some: Top[], tops: Top[]): Set<Tree> {
    const needed = new Set(some.map(({ node }) => node));
    for (let before = -1; before !== needed.size;) {
        before = needed.size;
        for (const { node, uses } of tops) if (uses.some(({ inside }) => needed.has(inside))) needed.add(node);
    }
    return needed;
}

/** Gives a name to each of JavaScript's own functions that is called so often in these statements that this is shorter. */
function aliasStandard(statements: Tree[], text: string, edits: Edit[]): string {
    const places = new Map<string, Tree[]>();
    for (const statement of statements) {
        walk(statement, (node) => {
            if (node.type !== "MemberExpression") return;
            const name = text.slice(node.start, node.end);
            if (/^(Math|String)\.\w+$/.test(name)) places.set(name, [...(places.get(name) ?? []), node]);
        });
    }
    let head = "";
    for (const [name, nodes] of places) {
        if (nodes.length * (name.length - 1) < name.length + 4) continue;
        const alias = `____${name.replace(".", "_")}`;
        head += `let ${alias} = ${name};\n`;
        for (const node of nodes) edits.push({ ...range(node), text: alias });
    }
    return head;
}

/** Notes what can be said in fewer octets. */
function shorten(statement: Tree, text: string, edits: Edit[]): void {
    const visit = (node: Tree): void => {
        if (node.type === "VariableDeclaration" && node["kind"] !== "let") {
            edits.push({ start: node.start, end: node.start + (node["kind"] as string).length, text: "let" });
        }
        if (isFunction(node) && node.type !== "ArrowFunctionExpression" && !needsThis(node)) {
            const body = node["body"] as Tree;
            const open = text.indexOf("(", (node["id"] as Tree | null)?.end ?? node.start);
            const id = node["id"] as Tree | null;
            const declares = node.type === "FunctionDeclaration";
            edits.push({ start: node.start, end: open, text: declares ? `let ${id!["name"] as string} = ` : "" });
            edits.push({ start: body.start, end: body.start, text: "=> " });
            if (declares) edits.push({ start: node.end, end: node.end, text: ";" });
        } else if (node.type === "FunctionDeclaration") {
            const id = node["id"] as Tree;
            edits.push({ start: node.start, end: id.end, text: `let ${id["name"] as string} = function ` });
            edits.push({ start: node.end, end: node.end, text: ";" });
        } else if (node.type === "BinaryExpression" && /^[!=]==$/.test(node["operator"] as string)) {
            const operator = node["operator"] as string;
            const at = text.indexOf(operator, (node["left"] as Tree).end);
            edits.push({ start: at, end: at + 3, text: operator.slice(0, 2) });
            const right = node["right"] as Tree;
            if (right.type === "UnaryExpression" && right["operator"] === "void")
                edits.push({ ...range(right), text: "null" });
        }
    };
    visit(statement);
    walk(statement, visit);
}

/** What a function has and an arrow function has not. */
function needsThis(node: Tree): boolean {
    return children(node).some(
        (child) =>
            child.type === "ThisExpression" ||
            (child.type === "Identifier" && child["name"] === "arguments") ||
            (child.type !== "FunctionExpression" && child.type !== "FunctionDeclaration" && needsThis(child)),
    );
}
