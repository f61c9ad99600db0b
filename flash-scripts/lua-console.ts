import { FlashError } from "./options.ts";
import type { Port } from "./port.ts";

/** NodeMCU takes lines of at most 255 octets: that many octets as hexadecimal digits leave room for the rest. */
const CHUNK_OCTETS = 80;

/** The interactive Lua of a board. */
export class LuaConsole {
    readonly #port: Port;

    constructor(port: Port) {
        this.#port = port;
    }

    /** Types a line and waits for the next prompt. @returns what the board printed in between */
    async type(line: string): Promise<string> {
        this.#port.send(`${line}\r\n`);
        const heard = await this.#port.hear(/^(.*\n)?>+ $/s);
        if (heard === undefined) {
            throw new FlashError(
                `No Lua prompt came. Is this port the board's, does it run NodeMCU, and is no other program using it?\nHeard: ${this.#port.lastHeard}`,
            );
        }
        const printed = (heard[1] ?? "").replace(line, "").trim();
        if (/^(lua|stdin|input):\d+:|attempt to/m.test(printed))
            throw new FlashError(`The board refused a line: ${printed}`);
        return printed;
    }

    /** Writes a file in chunks and compares its length. */
    async upload(name: string, octets: Buffer): Promise<void> {
        await this.type(`_f=(file and file.open or io.open)("${name}","w")`);
        await this.type(
            `_h=function(h) _f:write((h:gsub("..",function(c) return string.char(tonumber(c,16)) end))) end`,
        );
        for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
            await this.type(`_h("${octets.subarray(at, at + CHUNK_OCTETS).toString("hex")}")`);
        }
        await this.type('_f:close() _f=(file and file.open or io.open)("' + name + '","r") _n=0');
        await this.type('repeat _s=_f:read(512) _n=_n+#(_s or "") until not _s _f:close()');
        const length = await this.type('print("n=".._n)');
        await this.type("_f=nil _h=nil _n=nil _s=nil");
        if (!length.includes(`n=${octets.length}`)) {
            throw new FlashError(
                `${name} is not whole on the board: ${length} of ${octets.length} octets. Is its flash full?`,
            );
        }
    }
}
