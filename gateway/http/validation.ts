import type { FastifySchemaValidationError } from "fastify";

/** Names of the request's parts, by Fastify's name for them. */
const PARTS: Record<string, string> = {
    body: "body",
    querystring: "query",
    params: "path",
    headers: "header",
};

/** Describes the validator's first finding in a sentence: the field, and what it must be. */
export function describeViolation(finding: FastifySchemaValidationError, context = "body"): string {
    const part = PARTS[context] ?? context;
    const field = finding.instancePath.slice(1).replaceAll("/", ".");
    const params = finding.params;
    const where = field === "" ? `The ${part}` : `"${field}"`;
    switch (finding.keyword) {
        case "required":
            return `"${String(params.missingProperty)}" is missing: put it into the ${part}.`;
        case "additionalProperties":
            return `${nameOf(params.additionalProperty)} is not a field of the ${part}: remove it, or look for a misspelling.`;
        case "type":
            return `${where} must be ${typeWord(String(params.type))}.`;
        case "enum":
            return `${where} must be one of ${listOf(params.allowedValues)}.`;
        case "const":
            return `${where} must be ${JSON.stringify(params.allowedValue)}.`;
        case "minLength":
            return Number(params.limit) === 1
                ? `${where} must not be empty.`
                : `${where} must have at least ${String(params.limit)} characters.`;
        case "maxLength":
            return `${where} must have at most ${String(params.limit)} characters.`;
        case "minItems":
            return `${where} must not be empty.`;
        case "maxItems":
            return `${where} must have at most ${String(params.limit)} entries.`;
        case "minimum":
            return `${where} must be ${String(params.limit)} or more.`;
        case "maximum":
            return `${where} must be ${String(params.limit)} or less.`;
        default:
            return `${where} is not valid: ${finding.message ?? finding.keyword}.`;
    }
}

/** A property's name, if it is short enough to repeat in an error message. */
function nameOf(name: unknown): string {
    const text = String(name);
    return text.length <= 40 ? JSON.stringify(text) : "A field";
}

function listOf(values: unknown): string {
    return (values as unknown[]).map((value) => JSON.stringify(value)).join(", ");
}

function typeWord(type: string): string {
    const words: Record<string, string> = {
        string: "a string",
        "string,array": "a string, or a list of strings",
        integer: "a whole number, without quotes",
        number: "a number, without quotes",
        boolean: "true or false",
        object: "a JSON object",
    };
    return words[type] ?? type;
}
