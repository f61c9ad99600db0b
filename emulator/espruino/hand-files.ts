/** An input of hands.js as a file of its board: a line of emulator/hands.ts has kind, number and value. */
export interface HandFile {
    name: string;
    octets: Buffer;
    /** the pin that has moved */
    moved: number | undefined;
}

export function handFile(line: string): HandFile {
    const [kind = "", number = "", value = ""] = line.split(" ");
    return {
        name: `hands-${kind}-${number}`,
        octets: Buffer.from(value, kind === "registers" ? "hex" : "latin1"),
        moved: kind === "level" ? Number(number) : undefined,
    };
}
