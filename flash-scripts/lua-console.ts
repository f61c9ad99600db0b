import { FlashError } from "./plan.ts";
import type { Port } from "./port.ts";

/** NodeMCU takes lines of at most 255 octets: that many octets as hexadecimal digits leave room for the rest. */
const CHUNK_OCTETS = 80;
/** How often the board is greeted: opening the port may restart it, and what it heard before its start is lost. */
const GREETINGS = 5;
const GREETING_MS = 2_500;
/** The checksum's base and modulus: no step exceeds what 32 bits hold, as Lua 5.3's integers on boards do. */
const BASE = 257;
const MODULUS = 8_355_967;
const OPEN = "(file and file.open or io.open)";

/** Length and checksum of a file, as the board computes them. */
function sumOf(octets: Buffer): string {
    let sum = 1;
    for (const octet of octets) sum = (sum * BASE + octet) % MODULUS;
    return `${octets.length}:${sum}`;
}

/** The interactive Lua of a board. */
export class LuaConsole {
    readonly #port: Port;

    constructor(port: Port) {
        this.#port = port;
    }

    /** Waits for the board's prompt. @throws FlashError when no Lua answers */
    async greet(): Promise<void> {
        for (let count = 1; count <= GREETINGS; count++) {
            const heard = await this.#line(`print("to".."que"..${count})`, GREETING_MS);
            if (heard?.includes(`toque${count}`) === true) return;
        }
        throw new FlashError(
            `No Lua prompt came. Is this port the board's, does it run NodeMCU, and is no other program using it? Heard: ${this.#port.lastHeard}`,
        );
    }

    /** Types a line and waits for the next prompt. @returns what the board printed in between @throws FlashError */
    async type(line: string): Promise<string> {
        const heard = await this.#line(line);
        if (heard === undefined)
            throw new FlashError(`The board does not answer any more. Heard: ${this.#port.lastHeard}`);
        const printed = heard.replace(line, "").trim();
        if (/^(lua|stdin|input):\d+:|attempt to/m.test(printed))
            throw new FlashError(`The board refused a line: ${printed}`);
        return printed;
    }

    /** @returns the value of a Lua expression as text: the board may print other lines in between @throws FlashError */
    async ask(expression: string): Promise<string> {
        const printed = await this.type(`print("=".."["..tostring(${expression}).."]")`);
        const [, value] = /=\[(.*?)\]/.exec(printed) ?? [];
        if (value === undefined) throw new FlashError(`The board did not answer. Heard: ${this.#port.lastHeard}`);
        return value;
    }

    /** Whether the board has a file with these octets: by length and checksum, which the board computes. */
    async has(name: string, octets: Buffer): Promise<boolean> {
        await this.type(`_n=0 _c=1 _f=${OPEN}("${name}","r")`);
        await this.type(
            `while _f do local s=_f:read(256) if not s then _f:close() break end _n=_n+#s for i=1,#s do _c=(_c*${BASE}+s:byte(i))%${MODULUS} end end`,
        );
        const found = await this.ask('string.format("%d:%d",_n,_c)');
        await this.type("_f=nil _n=nil _c=nil");
        return found === sumOf(octets);
    }

    /** Writes a file and has its checksum computed. @param sent is called with the octets that are there @throws FlashError */
    async write(name: string, octets: Buffer, sent: (octets: number) => void): Promise<void> {
        await this.type(`_f=${OPEN}("${name}","w")`);
        await this.type(
            `_h=function(h) _f:write((h:gsub("..",function(c) return string.char(tonumber(c,16)) end))) end`,
        );
        for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
            await this.type(`_h("${octets.subarray(at, at + CHUNK_OCTETS).toString("hex")}")`);
            sent(Math.min(at + CHUNK_OCTETS, octets.length));
        }
        await this.type("_f:close() _f=nil _h=nil");
        if (!(await this.has(name, octets)))
            throw new FlashError(`${name} is not whole on the board: is its flash full, or the cable bad? Try again.`);
    }

    /** Types a line that ends the program. */
    end(line: string): void {
        this.#port.send(`${line}\r\n`);
    }

    /** @returns undefined: no prompt came */
    async #line(line: string, withinMs?: number): Promise<string | undefined> {
        this.#port.send(`${line}\r\n`);
        const heard = await this.#port.hear(/^(.*\n)?>+ $/s, withinMs);
        return heard && (heard[1] ?? "");
    }
}
