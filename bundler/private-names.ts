import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Whose members nobody outside the bundle ever sees: the core's records, and what board and core hand each other. */
const PRIVATE: [file: string, ...interfaces: string[]][] = [
    ["device/core/session.ts", "Session", "Outgoing", "Handling", "Offer"],
    ["device/core/settings.ts", "Body"],
    ["device/core/events.ts", "Input", "Output"],
    ["device/platform.ts", "Platform", "Request"],
    ["device/drive.ts", "Device"],
    ["device/espruino/wires.ts", "Wires"],
    ["device/slots.ts", "Chosen"],
    ["shared/wire/decode.ts", "Octets", "Decoder"],
    ["shared/wire/packets.ts", "Publish"],
];

/** Whose members have another meaning outside: flash, JSON, the application, names put together at runtime, the firmware. */
const PUBLIC: [file: string, ...interfaces: string[]][] = [
    ["device/core/settings.ts", "Settings", "Credentials", "Memory"],
    ["device/core/events.ts", "Push"],
    ["device/say.ts", "OwnMessage"],
    ["device/application.ts", "Application", "Interface", "Status"],
];

/** Every member's name below a node, however deep. */
function memberNames(node: ts.Node, into: Set<string>): void {
    const named =
        ts.isPropertySignature(node) ||
        ts.isMethodSignature(node) ||
        ts.isVariableDeclaration(node) ||
        ts.isFunctionDeclaration(node);
    if (named && node.name !== undefined && ts.isIdentifier(node.name)) into.add(node.name.text);
    ts.forEachChild(node, (child) => memberNames(child, into));
}

function membersOf(root: string, lists: [file: string, ...interfaces: string[]][]): Set<string> {
    const names = new Set<string>();
    for (const [file, ...interfaces] of lists) {
        const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
        for (const statement of source.statements) {
            const wanted =
                (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
                interfaces.includes(statement.name.text);
            if (wanted || interfaces.length === 0) memberNames(statement, names);
        }
    }
    return names;
}

/**
 * Names of members that a bundle may shorten, in a fixed order: on a board each letter of them costs flash, and on an ESP8266 the
 * longer ones cost a variable each. A name that also means something outside the bundle is not among them.
 * @param globals the board's declarations of its firmware
 */
export function privateNames(root: string, globals: string[]): string[] {
    const outside = membersOf(root, [...PUBLIC, ...globals.map((file): [string] => [file])]);
    for (const builtin of [Object, Function, String, Array, Math, Number]) {
        for (const name of Object.getOwnPropertyNames(builtin)) outside.add(name);
        const prototype = (builtin as { prototype?: object }).prototype;
        if (prototype !== undefined) for (const name of Object.getOwnPropertyNames(prototype)) outside.add(name);
    }
    return [...membersOf(root, PRIVATE)].filter((name) => !outside.has(name)).sort();
}
