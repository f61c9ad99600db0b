import { Duplex } from "node:stream";
import type { Client } from "aedes";
import type { Peer, WayBack } from "./peer.ts";

/** CONNACK. MQTT 3.1.1 §3.2. */
const CONNACK_OCTETS = 4;

/** The connection behind a facade. */
export interface Owner extends Pick<WayBack, "write"> {
    readonly peer: Peer;
    /** CONNACK is there. @param again it was before */
    greeted(again: boolean): void;
    /** All answers are there. */
    answered(): void;
    destroy(): void;
}

/**
 * What Aedes takes for a client's socket: checked packets go in, and the answers come out. It is let go as soon as all are there, so
 * that Aedes holds nothing of a client that is only connected.
 */
export class Facade extends Duplex {
    /** undefined: it was let go */
    owner: Owner | undefined;
    client: Client | undefined;
    /** packets that are not answered yet */
    #asked = 0;
    /** octets of a CONNACK that the client must not see */
    #hidden: number;

    /** @param again the client has its CONNACK already */
    constructor(
        owner: Owner,
        readonly again: boolean,
    ) {
        super({ allowHalfOpen: false });
        this.owner = owner;
        this.#hidden = again ? CONNACK_OCTETS : 0;
    }

    ask(packet: Buffer): void {
        this.#asked++;
        this.push(packet);
    }

    answered(): void {
        this.#asked--;
        if (this.#asked === 0) this.release();
    }

    /** Ends Aedes' client, and not the connection. */
    release(): void {
        this.owner?.answered();
        this.owner = undefined;
        this.client?.close(); // and not destroy(), for which an error would be made
    }

    /** No waiting: the connection gathers what one turn writes. */
    override cork(): void {}

    override _read(): void {}

    override _write(octets: Buffer, _encoding: string, done: () => void): void {
        if (this.#hidden >= octets.length) this.#hidden -= octets.length;
        else this.owner?.write(octets);
        done();
    }

    /** Unless it was let go, Aedes ends it: because of a packet that it does not take. */
    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
        this.owner?.destroy();
        done(error);
    }
}
