/** A peer broke the protocol or a bound: its connection ends. The message names the clause, never what the peer sent. */
export class Violation extends Error {
    constructor(message: string) {
        super(message);
        this.name = "Violation";
    }
}
