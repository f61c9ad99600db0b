import { isIP } from "node:net";
import { GatewayError } from "../error.ts";
import { withSourceLines } from "./source-lines.ts";

/** Characters of one text that a log line keeps. */
const MAX_TEXT_CHARS = 1_000;
const MAX_DEPTH = 4;
const MAX_ITEMS = 30;

/** Signs of an address that people put between digits, percent-encoded: space, "(", ")", "+", "-", ".", "/" and their like. */
const ENCODED_SIGN = "%(?:2[0-9A-Fa-f]|0[9AaDd])";
/**
 * Seven digits or more of any script, with at most three other signs between two of them ("+34 600-111 (222)",
 * "%2B34%20600…"), or any digits after a "+". Letters end it.
 */
const NUMBER_LIKE = new RegExp(
    `(?:\\+|%2[Bb])?\\p{Nd}(?:(?:${ENCODED_SIGN}|[^\\p{L}\\p{Nd}]){0,3}\\p{Nd}){6,}|(?:\\+|%2[Bb])\\p{Nd}+`,
    "gu",
);
const ENCODED_SIGNS = new RegExp(ENCODED_SIGN, "g");
const ADDRESS_AND_PORT = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/;

/** Names of fields that are never written, whatever is in them. */
const SECRET_FIELDS =
    /^(secret|secretHash|nextSecretHash|password|token|authorization|cookie|hash|codeHash|oneTimeCode|payload|body|title)$/i;
/** Names of fields that hold our own random tokens: digits there are chance. */
const TOKEN_FIELDS = /^(id|messageId|requestId|tokenId|route)$/;
/** Names of fields that hold a number, also when it is not a text. */
const NUMBER_FIELDS = /^(number|to|from)$/;

/** Masks whatever looks like a phone number: "+34600111222" becomes "+34***222", a short one "***". */
export function maskText(text: string): string {
    const cut = text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) + "…" : text;
    return cut.replace(NUMBER_LIKE, (found) => {
        const address = ADDRESS_AND_PORT.exec(found)?.[1];
        return address !== undefined && isIP(address) === 4 ? found : maskDigits(found);
    });
}

/** Masks one number in any form it was typed. */
function maskDigits(typed: string): string {
    const plus = /^(?:\+|%2b)/i.test(typed) ? "+" : "";
    const digits = typed.replace(ENCODED_SIGNS, "").match(/\p{Nd}/gu) ?? [];
    const head = digits.length >= 10 ? digits.slice(0, 2).join("") : "";
    const tail = digits.length >= 9 ? digits.slice(-3).join("") : "";
    return `${plus}${head}***${tail}`;
}

/** Makes fields fit for the log: numbers masked, secrets left out, bounded in length and depth, whatever they are. */
export function maskFields(fields: Record<string, unknown>): Record<string, unknown> {
    return maskEntries(Object.entries(fields), 0);
}

function maskEntries(entries: [string, unknown][], depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const [name, value] of entries.slice(0, MAX_ITEMS)) {
        if (value === undefined) continue;
        const plainName = maskText(name);
        if (SECRET_FIELDS.test(name)) out[plainName] = "***";
        else if (NUMBER_FIELDS.test(name) && typeof value === "string") out[plainName] = maskDigits(value);
        else if (NUMBER_FIELDS.test(name) && typeof value === "number" && value >= 1e6)
            out[plainName] = maskDigits(String(value));
        else if (TOKEN_FIELDS.test(name) && typeof value === "string" && /^[\w-]{1,64}$/.test(value)) {
            out[plainName] = value;
        } else out[plainName] = maskValue(value, depth);
    }
    return out;
}

function maskValue(value: unknown, depth: number): unknown {
    if (typeof value === "string") return isIP(value) === 0 ? maskText(value) : value;
    if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
    if (typeof value === "bigint" || typeof value === "symbol") return maskText(value.toString());
    if (typeof value !== "object") return typeof value;
    if (value instanceof Error) return maskError(value, depth);
    if (value instanceof Uint8Array) return `${value.length} octets`;
    if (depth >= MAX_DEPTH) return "…";
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => maskValue(item, depth + 1));
    return maskEntries(Object.entries(value), depth + 1);
}

/** Where a bug is. */
function framesOf(error: Error): string[] {
    return maskText(withSourceLines(error.stack ?? ""))
        .split("\n")
        .slice(1, 8)
        .map((line) => line.trim());
}

function maskError(error: Error, depth: number): Record<string, unknown> {
    const { code } = error as { code?: unknown };
    return {
        name: error.name,
        ...(typeof code === "string" ? { code: maskText(code) } : {}),
        message: maskText(error.message),
        ...(error instanceof GatewayError ? {} : { stack: framesOf(error) }), // a refusal is nobody's bug
        ...(error.cause !== undefined && depth < MAX_DEPTH ? { cause: maskValue(error.cause, depth + 1) } : {}),
    };
}
