/**
 * Names of the language that Espruino lacks, each tried on the interpreter itself (2v29), and again by absent.test.ts when there is
 * one. The stand-in removes them, and the gate refuses a program that uses one.
 */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const ABSENT_GLOBALS = words(`
    Symbol Map Set WeakMap WeakSet WeakRef Proxy Reflect BigInt BigInt64Array BigUint64Array Intl Atomics SharedArrayBuffer
    FinalizationRegistry AggregateError EvalError RangeError URIError WebAssembly TextEncoder TextDecoder queueMicrotask
    setImmediate clearImmediate structuredClone Buffer URL URLSearchParams AbortController Event EventTarget fetch performance
    decodeURI encodeURI escape unescape`);

/** Functions of a constructor: `Array.from` and the like. */
export const ABSENT_STATICS: Readonly<Record<string, readonly string[]>> = {
    Array: words("from of fromAsync"),
    String: words("raw fromCodePoint"),
    Object: words(
        "freeze isFrozen seal isSealed preventExtensions isExtensible hasOwn is groupBy getOwnPropertySymbols",
    ),
    Number: words(
        "isFinite isInteger isNaN isSafeInteger parseFloat parseInt MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON",
    ),
    Math: words("imul trunc clz32 fround hypot cbrt log2 log10 expm1 log1p sinh cosh tanh asinh acosh atanh"),
    Promise: words("race allSettled any"),
    Uint8Array: words("from of"),
    ArrayBuffer: words("isView"),
    Date: words("UTC"),
    process: words("nextTick"),
};

/** Methods of values, by the constructor they belong to. */
export const ABSENT_METHODS: Readonly<Record<string, readonly string[]>> = {
    String: words(
        `matchAll trimStart trimEnd trimLeft trimRight codePointAt at localeCompare normalize search isWellFormed toWellFormed
        toLocaleLowerCase toLocaleUpperCase`,
    ),
    Array: words(
        `findLast findLastIndex lastIndexOf reduceRight flat flatMap at entries keys values copyWithin toSorted toReversed
        toSpliced with`,
    ),
    Number: words("toExponential toPrecision"),
    Promise: words("finally"),
    ArrayBuffer: words("slice resize"),
    Object: words("__defineGetter__ __defineSetter__ isPrototypeOf propertyIsEnumerable toLocaleString"),
};

/** A script that removes all of them from a fresh context. */
export function removalScript(): string {
    const lines = ABSENT_GLOBALS.map((name) => `delete globalThis.${name};`);
    for (const [owner, names] of Object.entries(ABSENT_STATICS)) {
        if (owner !== "process") lines.push(...names.map((name) => `delete ${owner}.${name};`));
    }
    for (const [owner, names] of Object.entries(ABSENT_METHODS)) {
        lines.push(...names.map((name) => `delete ${owner}.prototype.${name};`));
    }
    return lines.join("\n");
}
