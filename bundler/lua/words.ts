/*
 * Texts in fewer octets: what stands in them often is an octet above 0x7f, and a list says what each of these stands for. A board makes
 * the text again by one `string.gsub`.
 */

/** Octets that stand for something: each takes the board an entry in a table. */
const FIRST = 0x80;
const MOST = 24;
const LONGEST = 24;

/** Octets of a list's entry beside what it stands for. */
const ENTRY_OCTETS = 1;

/** A character that stands for a name which is not known yet, and how long that will be. */
export const NAME_SYMBOLS = 0xe000;
export const NAME_OCTETS = 3;

/** How many octets a text will have. */
export function octetsOf(text: string): number {
    let octets = 0;
    for (let at = 0; at < text.length; at++) octets += text.charCodeAt(at) < NAME_SYMBOLS ? 1 : NAME_OCTETS;
    return octets;
}

function saved(part: string, times: number): number {
    const octets = octetsOf(part);
    return times * (octets - 1) - octets - ENTRY_OCTETS;
}

function countAll(texts: string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const text of texts) {
        for (let at = 0; at < text.length; at++) {
            for (let length = 2; length <= LONGEST && at + length <= text.length; length++) {
                const part = text.slice(at, at + length);
                counts.set(part, (counts.get(part) ?? 0) + 1);
            }
        }
    }
    return counts;
}

/**
 * Says texts with octets for what is frequent in them: always the one that saves most of what is left.
 * @returns the texts, and the list: each octet, and what it stands for
 */
export function shortenTexts(texts: string[]): { list: string; texts: string[] } {
    if (texts.some((text) => /[\x80-\xff]/.test(text)))
        throw new Error("bundler/lua/words.ts: an octet above 0x7f stands for something else.");
    let left = texts;
    let list = "";
    // what a part would save only becomes less, so one that is still worth more than the next was at first is the best
    let parts = [...countAll(texts)]
        .map(([part, times]): [part: string, worth: number] => [part, saved(part, times)])
        .filter(([, worth]) => worth > 0)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    for (let octet = FIRST; octet < FIRST + MOST; octet++) {
        let best: string | undefined;
        let most = 0;
        let looked = 0;
        for (const pair of parts) {
            if (pair[1] <= most) break;
            looked++;
            const [part] = pair;
            pair[1] = saved(
                part,
                left.reduce((sum, text) => sum + text.split(part).length - 1, 0),
            );
            if (pair[1] > most) [best, most] = pair;
        }
        if (best === undefined) break;
        const char = String.fromCharCode(octet);
        list += char + best;
        left = left.map((text) => text.replaceAll(best, char));
        const again = parts.splice(0, looked).filter(([part, worth]) => worth > 0 && part !== best);
        parts = [...again, ...parts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    }
    return { list, texts: left };
}
