import type { Board } from "../device.ts";

type Say = Parameters<Board["say"]>[0];

/** Octets as a Lua string literal, whatever they are. */
export function luaString(octets: string): string {
    const escaped = octets.replace(/[^ !#-[\]-~]/g, (char) => "\\" + String(char.charCodeAt(0)).padStart(3, "0"));
    return `"${escaped}"`;
}

/** What an application on the board would call: `toque.read(…)` or `toque.send({…})`. */
export function luaCall(what: Say): string {
    if (what.say === "read") return `toque.read(${what.sequence})`;
    const fields = Object.entries(what).filter(([key, value]) => key !== "say" && value !== undefined);
    const pairs = fields.map(
        ([key, value]) => `${key} = ${typeof value === "number" ? value : luaString(String(value))}`,
    );
    return `toque.send({ ${pairs.join(", ")} }, function(why) print("outcome: " .. (why or "accepted")) end)`;
}
