import { readFileSync } from "node:fs";
import { Failure } from "./failure.ts";
import { columns } from "./print.ts";

/** What the gateway takes in one request. */
const MOST_NUMBERS = 1_000;

/** What became of one number's message. */
export interface Result {
    to: string;
    id?: string;
    sequence?: number;
    state?: string;
    error?: { code: string; message: string };
}

/** The numbers of a list as it is typed, with commas between. */
export function splitNumbers(typed: string): string[] {
    return checkNumbers(typed.split(","));
}

/** The numbers of a file, one a line. @throws Failure */
export function readNumbers(file: string): string[] {
    try {
        return checkNumbers(readFileSync(file, "utf8").split(/\r?\n/));
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (error instanceof Failure || code === undefined) throw error;
        throw new Failure(`The file of numbers, ${file}, cannot be read (${code}): look at its name.`, 2);
    }
}

function checkNumbers(texts: string[]): string[] {
    const numbers = texts.map((text) => text.replace(/^\uFEFF/, "").trim()).filter((text) => text !== "");
    if (numbers.length === 0) throw new Failure("There is no number to send to: write +34600111222, for example.", 2);
    if (numbers.length <= MOST_NUMBERS) return numbers;
    throw new Failure(`These are ${numbers.length} numbers: send to at most ${MOST_NUMBERS} at once.`, 2);
}

/** A line for each number, in the order that was asked. */
export function describeResults(results: Result[]): string {
    const titles = ["number", "state", "message"];
    return columns([
        titles,
        ...results.map(({ to, state, id, error }) => [to, state ?? "refused", error?.message ?? id ?? ""]),
    ]);
}

/** @throws Failure: some of them were refused */
export function checkResults(results: Result[]): void {
    const refused = results.filter(({ error }) => error !== undefined).length;
    if (refused === 0) return;
    throw new Failure(
        `${refused} of ${results.length} numbers were refused: their lines have the reason. The others are accepted.`,
        3,
    );
}
