import type { AnyNode, CallExpression, MemberExpression } from "acorn";
import { ABSENT_METHODS, ABSENT_STATICS } from "../absent.ts";

/** Methods that Espruino's own classes have under the same name, or that only a typed value tells apart. */
const AMBIGUOUS = new Set(["search", "with", "resize", "slice", "entries", "keys", "values", "lastIndexOf"]);

const METHODS = new Set(
    Object.values(ABSENT_METHODS)
        .flat()
        .filter((name) => !AMBIGUOUS.has(name)),
);

/** The name behind the dot; undefined: it is computed. */
function propertyName(node: MemberExpression): string | undefined {
    if (!node.computed && node.property.type === "Identifier") return node.property.name;
    if (node.property.type === "Literal" && typeof node.property.value === "string") return node.property.value;
    return undefined;
}

function isNew(node: AnyNode, name: RegExp): boolean {
    return node.type === "NewExpression" && node.callee.type === "Identifier" && name.test(node.callee.name);
}

/** Whether an expression makes a value of that kind, as far as one line tells. */
function makes(node: AnyNode, name: RegExp, made: ReadonlyMap<string, AnyNode>): boolean {
    if (isNew(node, name)) return true;
    const first = node.type === "Identifier" ? made.get(node.name) : undefined;
    return first !== undefined && isNew(first, name);
}

function checkMember(node: MemberExpression): string | undefined {
    const name = propertyName(node);
    if (name === undefined || node.object.type !== "Identifier") return undefined;
    const missing = ABSENT_STATICS[node.object.name];
    return missing?.includes(name) === true ? `Espruino has no ${node.object.name}.${name}` : undefined;
}

function isNothing(node: AnyNode | undefined): boolean {
    return (
        node === undefined ||
        (node.type === "Literal" && node.value === null) ||
        (node.type === "Identifier" && node.name === "undefined")
    );
}

function checkJson(name: string, node: CallExpression): string | undefined {
    if (isNothing(node.arguments[1])) return undefined;
    return name === "parse" ? "Espruino's JSON.parse has no reviver" : "Espruino's JSON.stringify has no replacer";
}

function checkMethod(node: CallExpression, made: ReadonlyMap<string, AnyNode>): string | undefined {
    if (node.callee.type !== "MemberExpression") return undefined;
    const { object } = node.callee;
    const name = propertyName(node.callee);
    if (name === undefined) return undefined;
    const owner = object.type === "Identifier" ? object.name : "";
    if (owner === "JSON") return checkJson(name, node);
    if (owner in ABSENT_STATICS) return undefined; // a constructor's own: checkMember
    if (METHODS.has(name)) return `Espruino's values have no method ${name}`;
    if (/^(entries|keys|values)$/.test(name) && node.arguments.length === 0)
        return `Espruino's arrays have no method ${name}`;
    if (name === "slice" && makes(object, /^(Uint|Int|Float).*Array$/, made))
        return "On Espruino slice of a typed array is a plain array: use subarray";
    if (name === "slice" && makes(object, /^ArrayBuffer$/, made)) return "Espruino's ArrayBuffer has no slice";
    const first = node.arguments[0];
    if (/^(call|apply)$/.test(name) && first?.type === "Identifier" && first.name === "arguments")
        return "On Espruino arguments is no array: copy it in a loop";
    return undefined;
}

/** What a program calls that Espruino has not. @param made what a variable was first given, by its name */
export function checkNames(node: AnyNode, made: ReadonlyMap<string, AnyNode>): string | undefined {
    if (node.type === "MemberExpression") return checkMember(node);
    if (node.type === "CallExpression") return checkMethod(node, made);
    const argument = node.type === "NewExpression" ? node.arguments[0] : undefined;
    const isText = argument?.type === "Literal" && typeof argument.value === "string";
    if (isText && isNew(node, /^Uint8Array$/)) return "Espruino makes no typed array of a string: use E.toUint8Array";
    return undefined;
}
