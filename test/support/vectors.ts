import { readFileSync } from "node:fs";

/** A vector as every runtime gets it: one line asked (test/runtimes/vector-player.ts), and the lines it has to answer. */
export interface Vector {
    name: string;
    ask: string;
    answers: string[];
}

/** Octets of the longest string that a vector needs: a small board has no room for some. */
export function octetsOf(vector: Vector): number {
    const filler = /\*(\d+)/.exec(vector.ask)?.[1] ?? "0";
    return Number(filler) + vector.ask.length / 2;
}

interface Lengths {
    lengths: { length: number; hex: string }[];
    garbled: { name: string; hex: string }[];
}

interface Strings {
    integers: { value: number; hex: string }[];
    strings: { name: string; text: string; hex: string }[];
}

interface Encoded {
    vectors: {
        name: string;
        hex: string;
        packet: { type: string; filler?: number; payload?: string } & Record<string, string | number>;
    }[];
}

interface DecodedPacket {
    first?: string;
    rest?: string;
    garbled?: true;
    malformed?: true;
    oversize?: true;
    topic?: string;
    packetId?: number;
    payload?: string;
    filler?: number;
}

interface Decoded {
    vectors: {
        name: string;
        clause: string;
        hex: string;
        limit?: number;
        filler?: number;
        skip?: number;
        packets: DecodedPacket[];
    }[];
}

interface ReadFields {
    name: string;
    hex: string;
    fields: Record<string, number | { hex: string }> | null;
}

interface Read {
    fields: ReadFields[];
    /** no flat JSON, but read as such: the gateway never writes it, a push in it is nacked, and to refuse it would cost each board flash */
    tolerated: ReadFields[];
    quoted: { name: string; text: string; hex: string }[];
}

function load<T>(name: string): T {
    return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")) as T;
}

const octets = (hex: string): string => (hex === "" ? "-" : hex);
const hexOf = (text: string): string => octets(Buffer.from(text, "utf8").toString("hex"));

/** The player tells the letters x at the end of a long payload by their number. */
function withFiller(hex: string, filler: number | undefined): string {
    return filler === undefined ? octets(hex) : `${hex}+${filler}`;
}

function lengths(): Vector[] {
    const { lengths, garbled } = load<Lengths>("remaining-length");
    return [
        ...lengths.map(({ length, hex }) => ({
            name: `remaining length ${length}`,
            ask: `length ${length}`,
            answers: [hex],
        })),
        ...garbled.map(({ name, hex }) => ({
            name: `remaining length: ${name}`,
            ask: `decode 1024 0 32${hex}`,
            answers: ["garbled"],
        })),
    ];
}

function strings(): Vector[] {
    const { integers, strings } = load<Strings>("strings");
    return [
        ...integers.map(({ value, hex }) => ({ name: `integer ${value}`, ask: `integer ${value}`, answers: [hex] })),
        ...integers.map(({ value, hex }) => ({
            name: `integer ${value}, read`,
            ask: `read ${hex}`,
            answers: [`${value}`],
        })),
        ...strings.map(({ name, text, hex }) => ({
            name: `string: ${name}`,
            ask: `text ${octets(text)}`,
            // 2 octets of length, then the text: a long one ends in letters x or y
            answers: [
                hex.length < 400
                    ? hex
                    : withFiller(hex.replace(/(?:78)+$/, ""), (/(?:78)+$/.exec(hex)?.[0].length ?? 0) / 2),
            ],
        })),
    ];
}

function encoded(): Vector[] {
    return load<Encoded>("encode").vectors.map(({ name, packet, hex }) => {
        const { type, filler, ...given } = packet;
        const words = Object.entries(given).map(([key, value]) => {
            if (typeof value === "number") return `${value}`;
            return key === "payload" && filler !== undefined ? `78*${filler}` : hexOf(value);
        });
        const length = hex.length / 2 + (filler ?? 0);
        if (length < 200) return { name, ask: [type, ...words].join(" "), answers: [hex] };
        return { name, ask: [type, ...words].join(" "), answers: [withFiller(hex, filler)] };
    });
}

function answerOf(packet: DecodedPacket): string {
    if (packet.garbled === true) return "garbled";
    const head = `${packet.first}${packet.oversize === true ? " oversize" : ""}`;
    if (packet.malformed === true) return `${head} malformed`;
    if (packet.topic === undefined) return `${head} ${octets(packet.rest ?? "")}`;
    if (packet.oversize === true) return `${head} #${packet.packetId} ${octets(packet.topic)}`;
    const payload = packet.payload ?? "";
    const long = payload.length / 2 + (packet.filler ?? 0) >= 200;
    const shown = long ? withFiller(payload, packet.filler ?? 0) : octets(payload + "78".repeat(packet.filler ?? 0));
    return `${head} #${packet.packetId} ${octets(packet.topic)} ${shown}`;
}

const PIECES: Record<number, string> = {
    0: "whole",
    1: "octet by octet",
    3: "in threes",
    268: "as an ESP8266 gets it",
    536: "as an ESP32 gets it",
};
const LONG_OCTETS = 1000;

/** Each read whole, octet by octet (a long one in a board's own pieces), and with octets behind it. */
function decoded(): Vector[] {
    return load<Decoded>("decode").vectors.flatMap((vector) => {
        const name = `${vector.name} (${vector.clause})`;
        const limit = vector.limit ?? 1024;
        const words = vector.filler === undefined ? vector.hex : `${vector.hex} 78*${vector.filler}`;
        const answers = vector.packets.map(answerOf);
        const unfinished = vector.packets.length === 0;
        if (vector.skip !== undefined) answers.push(`skip ${vector.skip}`);
        if (unfinished && vector.hex !== "") answers.push(`left ${vector.hex}`);
        const pieces = vector.hex.length / 2 + (vector.filler ?? 0) > LONG_OCTETS ? [0, 268, 536] : [0, 1, 3];
        const vectors = pieces.map((piece) => ({
            name: `${name}, ${PIECES[piece]}`,
            ask: `decode ${limit} ${piece} ${words}`,
            answers,
        }));
        if (unfinished || vector.skip !== undefined) return vectors;
        const behind = answers.includes("garbled") ? answers : [...answers, "d0 -"];
        vectors.push({
            name: `${name}, with octets behind it`,
            ask: `decode ${limit} 0 ${words} d000`,
            answers: behind,
        });
        return vectors;
    });
}

function fields(): Vector[] {
    const { fields, tolerated, quoted } = load<Read>("fields");
    return [
        ...[...fields, ...tolerated].map(({ name, hex, fields }) => {
            const keys = Object.keys(fields ?? {});
            const values = Object.values(fields ?? {}).map((value) =>
                typeof value === "number" ? `${value}` : `=${value.hex}`,
            );
            const ask = ["fields", octets(hex), ...keys.map(hexOf), hexOf("absent")].join(" ");
            return {
                name: `fields: ${name}`,
                ask,
                answers: [fields === null ? "null" : ["fields", ...values, "?"].join(" ")],
            };
        }),
        ...quoted.map(({ name, text, hex }) => ({
            name: `quoted: ${name}`,
            ask: `quote ${octets(text)}`,
            answers: [hex],
        })),
    ];
}

/** Every vector of every file, by what it is about. */
export function readVectors(): Record<string, Vector[]> {
    return { lengths: lengths(), strings: strings(), encoded: encoded(), decoded: decoded(), fields: fields() };
}
