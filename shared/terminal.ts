// What others wrote, on its way to somebody's terminal. Their characters are shown there, not obeyed.

const HEX = "0123456789abcdef";

function hex(code: number, digits: number): string {
    let text = "";
    for (let rest = code; text.length < digits; rest = Math.floor(rest / 16)) text = HEX.charAt(rest % 16) + text;
    return text;
}

/** Unicode's control characters, and marks that nobody sees which turn the direction of writing or begin a line. */
function isObeyed(code: number): boolean {
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
    return (
        code === 0x61c ||
        code === 0x200e ||
        code === 0x200f ||
        (code >= 0x2028 && code <= 0x202e) ||
        (code >= 0x2066 && code <= 0x2069)
    );
}

function escape(text: string, first: number, form: (code: number) => string): string {
    let shown = "";
    let from = 0;
    for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code >= first && isObeyed(code)) {
            shown += text.slice(from, at) + form(code);
            from = at + 1;
        }
    }
    return shown + text.slice(from);
}

/** Text for a terminal: "\x1b[2J" for the octets that would clear it. So it is one line, too. */
export function plain(text: string): string {
    return escape(text, 0, (code) =>
        code < 0x100 ? "\\x" + hex(code, 2) : "\\u{" + hex(code, code < 0x1000 ? 3 : 4) + "}",
    );
}

/** A document in JSON for a terminal: it means the same. JSON itself escapes what ASCII's terminals obey, and no more. */
export function plainJson(json: string): string {
    return escape(json, 0x7f, (code) => "\\u" + hex(code, 4));
}
