import type { Seeded } from "../support/seeded.ts";
import type { Enrolled } from "../support/gateway-client.ts";

/** Letters that look like "i", "n" and others, and what is seen as nothing at all. */
const LOOKALIKES: Record<string, string[]> = {
    i: ["\u0456", "\u00ed", "\uff49", "\u0131", "I", "l"],
    n: ["\u0578", "\uff4e", "\u00f1", "N"],
    "/": ["\u2215", "\u2044", "\uff0f", "\\", "//", "%2f", "/./"],
    A: ["\u0410", "\u0391", "\uff21", "a"],
    a: ["\u0430", "\uff41", "A"],
};
const NOTHINGS = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u0301", " ", "\t", "\n", "\u0000", "\u007f"];
const FIXED = ["#", "+", "+/+", "+/#", "in/+", "in/#", "$SYS/#", "$share/g/#", "$queue/#", "/", "", "__proto__"];

/** Filters that a stranger might try to get at others' inboxes; all differ, and none is anybody's own. */
export function generateFilters(total: number, victims: readonly Enrolled[], random: Seeded): string[] {
    const filters = new Set(FIXED);
    const inboxes = victims.map(({ route }) => `in/${route}`);
    for (const inbox of inboxes) filters.add(inbox);
    while (filters.size < total) {
        const filter = random.percent(50) ? mutated(random.pick(inboxes), random) : built(random.pick(inboxes), random);
        if (Buffer.byteLength(filter) < 900) filters.add(filter);
    }
    return [...filters];
}

/** An inbox with one to three things done to it. */
function mutated(inbox: string, random: Seeded): string {
    let filter = inbox;
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
        const at = random.below(filter.length + 1);
        const [head, tail] = [filter.slice(0, at), filter.slice(at)];
        const letter = tail[0] ?? "";
        filter = random.pick([
            () => head + random.pick(LOOKALIKES[letter] ?? NOTHINGS) + tail.slice(1),
            () => head + random.pick(NOTHINGS) + tail,
            () => head + random.pick(["+", "#", "/", "/+", "/#"]) + tail,
            () => head + tail.slice(1),
            () => (random.percent(50) ? filter.toUpperCase() : filter.toLowerCase()),
            () => head + (random.percent(50) ? letter.toUpperCase() : letter.toLowerCase()) + tail.slice(1),
            () => `$share/${random.pick(["g", "", "+", "#"])}/${filter}`,
            () => `${filter}/${random.pick(["#", "+", "", "reg"])}`,
            () => head + encodeURIComponent(letter || " ") + tail.slice(1),
        ])();
    }
    return filter;
}

/** One to six levels, each from where something is. */
function built(inbox: string, random: Seeded): string {
    const [, route = ""] = inbox.split("/");
    const level = () =>
        random.pick([
            () => "+",
            () => "#",
            () => "",
            () => "in",
            () => "out",
            () => "enrol",
            () => "to",
            () => "$SYS",
            () => "$share",
            () => route,
            () => random.pick(["reg", "msg", "read", "nack", "new", "clients", "*", ".", "..", "constructor"]),
            () => String.fromCodePoint(1 + random.below(0x2fff)),
            () => random.below(2 ** 31).toString(36),
        ])();
    return Array.from({ length: 1 + random.below(6) }, level).join("/");
}
