import { crc32, deflateSync } from "node:zlib";
import { GLYPHS } from "./hands-font.ts";

const WIDTH = 128;
const HEIGHT = 64;
/** A character's cell in the font of five by seven. */
const CELL_WIDTH = 6;
const CELL_HEIGHT = 8;

/** What a display shows. */
export interface Display {
    /**
     * Its eight rows of 21 characters, without blanks at the end. Text is read from the dots, in the usual font of five by seven (glcdfont),
     * in cells of 6 by 8; what is drawn otherwise is "▒" for each cell.
     */
    readonly lines: readonly string[];
    /** Its dots as text, two rows a line: "▀", "▄", "█" and blanks. */
    readonly dots: string;
    /** Whether a dot is lit: x 0 to 127, y 0 to 63. */
    lit(x: number, y: number): boolean;
    /** Its dots as a PNG of one bit a pixel, 128 by 64. */
    png(): Buffer;
}

/** Octets that follow a command, where that is not 0. SSD1306 data sheet, table 9-1. */
const ARGUMENTS: Readonly<Record<number, number>> = {
    0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2a: 5, 0x81: 1, 0x8d: 1,
    0xa3: 2, 0xa8: 1, 0xd3: 1, 0xd5: 1, 0xd9: 1, 0xda: 1, 0xdb: 1,
}; // prettier-ignore

const HORIZONTAL = 0;
const VERTICAL = 1;
const BY_PAGE = 2;

/** The display's controller: commands and dots, as they come by I2C. Scrolling and contrast change nothing here. */
export class Ssd1306 {
    static readonly ADDRESS = 0x3c;
    #memory = new Uint8Array((WIDTH * HEIGHT) / 8);
    #pending: number[] = [];
    #on = false;
    #inverted = false;
    #mirrored = true;
    #upsideDown = true;
    #startLine = 0;
    #mode = BY_PAGE;
    #columns: [number, number] = [0, WIDTH - 1];
    #pages: [number, number] = [0, HEIGHT / 8 - 1];
    #column = 0;
    #page = 0;

    /** As the power is turned on. */
    reset(): void {
        this.#memory = new Uint8Array((WIDTH * HEIGHT) / 8);
        this.#pending = [];
        this.#on = this.#inverted = false;
        this.#mirrored = this.#upsideDown = true;
        this.#startLine = this.#column = this.#page = 0;
        this.#mode = BY_PAGE;
        this.#columns = [0, WIDTH - 1];
        this.#pages = [0, HEIGHT / 8 - 1];
    }

    /** One transfer: control octets, each with commands or dots behind it. */
    write(octets: Buffer): void {
        for (let at = 0; at < octets.length;) {
            const control = octets[at]!;
            const isData = (control & 0x40) !== 0;
            const end = (control & 0x80) === 0 ? octets.length : at + 2; // Co: a single octet follows
            for (const octet of octets.subarray(at + 1, end)) {
                if (isData) this.#store(octet);
                else this.#command(octet);
            }
            at = end;
        }
    }

    display(): Display {
        const dots = this.#dots();
        const lit = (x: number, y: number): boolean => dots[y]?.[x] ?? false;
        return { lines: linesOf(lit), dots: textOf(lit), lit, png: () => pngOf(lit) };
    }

    #store(octet: number): void {
        this.#memory[this.#page * WIDTH + this.#column] = octet;
        const [firstColumn, lastColumn] = this.#mode === BY_PAGE ? [0, WIDTH - 1] : this.#columns;
        const [firstPage, lastPage] = this.#pages;
        if (this.#mode === VERTICAL) {
            this.#page = this.#page === lastPage ? firstPage : (this.#page + 1) % 8;
            if (this.#page !== firstPage) return;
        }
        this.#column = this.#column === lastColumn ? firstColumn : (this.#column + 1) % WIDTH;
        if (this.#mode === HORIZONTAL && this.#column === firstColumn)
            this.#page = this.#page === lastPage ? firstPage : (this.#page + 1) % 8;
    }

    #command(octet: number): void {
        this.#pending.push(octet);
        const [code = 0, first = 0, second = 0] = this.#pending;
        if (this.#pending.length <= (ARGUMENTS[code] ?? 0)) return;
        this.#pending = [];
        if (code < 0x10) this.#column = (this.#column & 0xf0) | code;
        else if (code < 0x20) this.#column = ((code & 7) << 4) | (this.#column & 0x0f);
        else if (code === 0x20) this.#mode = first & 3;
        else if (code === 0x21) [this.#columns, this.#column] = [[first & 127, second & 127], first & 127];
        else if (code === 0x22) [this.#pages, this.#page] = [[first & 7, second & 7], first & 7];
        else if (code >= 0x40 && code < 0x80) this.#startLine = code & 63;
        else if ((code & 0xfe) === 0xa0) this.#mirrored = code === 0xa0;
        else if ((code & 0xfe) === 0xa6) this.#inverted = code === 0xa7;
        else if ((code & 0xfe) === 0xae) this.#on = code === 0xaf;
        else if ((code & 0xf8) === 0xb0) this.#page = code & 7;
        else if ((code & 0xf0) === 0xc0) this.#upsideDown = code < 0xc8;
    }

    /** Modules are soldered so that a picture is upright with the commands A1 and C8. */
    #dots(): boolean[][] {
        return Array.from({ length: HEIGHT }, (_, row) => {
            const y = ((this.#upsideDown ? HEIGHT - 1 - row : row) + this.#startLine) % HEIGHT;
            return Array.from({ length: WIDTH }, (__, column) => {
                const x = this.#mirrored ? WIDTH - 1 - column : column;
                const lit = ((this.#memory[(y >> 3) * WIDTH + x]! >> (y & 7)) & 1) === 1;
                return this.#on && lit !== this.#inverted;
            });
        });
    }
}

type Lit = (x: number, y: number) => boolean;

function linesOf(lit: Lit): string[] {
    const lines: string[] = [];
    for (let y = 0; y < HEIGHT; y += CELL_HEIGHT) {
        let line = "";
        for (let x = 0; x + CELL_WIDTH <= WIDTH; x += CELL_WIDTH) {
            let columns = "";
            for (let i = 0; i < CELL_WIDTH; i++) {
                let octet = 0;
                for (let j = 0; j < CELL_HEIGHT; j++) if (lit(x + i, y + j)) octet += 2 ** j;
                columns += octet.toString(16).padStart(2, "0");
            }
            line += GLYPHS.get(columns) ?? "▒";
        }
        lines.push(line.trimEnd());
    }
    return lines;
}

function textOf(lit: Lit): string {
    let text = "";
    for (let y = 0; y < HEIGHT; y += 2) {
        let line = "";
        for (let x = 0; x < WIDTH; x++) line += " ▀▄█"[Number(lit(x, y)) + 2 * Number(lit(x, y + 1))]!;
        text += line.trimEnd() + "\n";
    }
    return text;
}

function chunk(name: string, data: Buffer): Buffer {
    const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc32(body));
    return Buffer.concat([head, body, tail]);
}

/** A PNG of greys with one bit a pixel: header, rows (each behind the octet 0: no filter), end. PNG specification, §11. */
function pngOf(lit: Lit): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(WIDTH, 0);
    header.writeUInt32BE(HEIGHT, 4);
    header[8] = 1;
    const rows = Buffer.alloc(HEIGHT * (1 + WIDTH / 8));
    for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
            if (lit(x, y)) rows[y * (1 + WIDTH / 8) + 1 + (x >> 3)]! |= 0x80 >> (x & 7);
        }
    }
    const signature = Buffer.from("89504e470d0a1a0a", "hex");
    return Buffer.concat([
        signature,
        chunk("IHDR", header),
        chunk("IDAT", deflateSync(rows)),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}
