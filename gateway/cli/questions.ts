import { type Interface, createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Failure } from "./failure.ts";

/** Asks one question after the other on a terminal. */
export class Questions {
    readonly #terminal: Interface;
    #hidden = false;
    #closed = false;

    constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
        // what is typed is echoed by readline itself: a secret is kept back here
        const screen = new Writable({
            write: (octets: Buffer, _, done) => {
                if (!this.#hidden) output.write(octets);
                done();
            },
        });
        this.#terminal = createInterface({ input, output: screen, terminal: true });
        this.#terminal.once("close", () => (this.#closed = true));
    }

    /** @returns what was typed, without spaces around it @throws Failure at Ctrl-C and Ctrl-D */
    ask(question: string, secret = false): Promise<string> {
        return new Promise((resolve, reject) => {
            const ended = () => reject(new Failure("Nothing was changed.", 2));
            if (this.#closed) return ended();
            this.#terminal.once("close", ended);
            this.#terminal.question(`${question} `, (answer) => {
                this.#terminal.off("close", ended);
                if (this.#hidden) process.stderr.write("\n");
                this.#hidden = false;
                resolve(secret ? answer : answer.trim());
            });
            this.#hidden = secret;
        });
    }

    /** @returns the name that was chosen, by its place in the list or as it is @throws Failure */
    async choose(question: string, list: { name: string; text: string }[]): Promise<string> {
        const lines = list.map(({ name, text }, at) => `  ${at + 1}  ${name}  ${text}`.trimEnd());
        const answer = await this.ask(`${question}\n${lines.join("\n")}\n${list.length === 1 ? "[1]" : ""}>`);
        if (answer === "" && list.length === 1) return list[0]!.name;
        return list[Number(answer) - 1]?.name ?? answer;
    }

    close(): void {
        this.#terminal.close();
    }
}
