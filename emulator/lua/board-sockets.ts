import type { Path, Radio } from "../radio.ts";
import { hex } from "./machine.ts";

/** lwIP's err.h: why a connection ended. 0: the peer closed it. */
export const ERR_ABRT = -8;

interface Open {
    path: Path;
    dark: boolean;
    unacked: number;
}

/** The firmware's TCP connections over the board's radio. What happens to them goes to the firmware as events. */
export class BoardSockets {
    private readonly open = new Map<string, Open>();
    private readonly radio: Radio;
    private readonly chunkOctets: number;
    private readonly post: (line: string) => void;

    constructor(radio: Radio, chunkOctets: number, post: (line: string) => void) {
        this.radio = radio;
        this.chunkOctets = chunkOctets;
        this.post = post;
    }

    connect(id: string, port: number, host: string): void {
        const path = this.radio.open(host, port, {
            opened: () => this.post(`open ${id}`),
            received: (data) => {
                for (let at = 0; at < data.length; at += this.chunkOctets)
                    this.post(`data ${id} ${hex(data.subarray(at, at + this.chunkOctets))}`);
            },
            closed: () => {
                if (this.open.delete(id)) this.post(`ended ${id} 0`);
            },
        });
        this.open.set(id, { path, dark: this.radio.address === undefined, unacked: 0 });
    }

    send(id: string, data: Buffer): void {
        const open = this.open.get(id);
        if (open === undefined || open.dark) return;
        open.path.write(data);
        open.unacked += data.length;
    }

    /** The event is over. What was written in it is acknowledged together, as by one TCP packet, and never at once. */
    acknowledge(): void {
        for (const [id, open] of this.open) {
            const octets = open.unacked;
            open.unacked = 0;
            if (octets === 0) continue;
            setImmediate(() => {
                if (!open.dark && this.open.get(id) === open) this.post(`acked ${id} ${octets}`);
            });
        }
    }

    close(id: string): void {
        this.open.get(id)?.path.close();
        this.open.delete(id);
    }

    /** The radio moved: what is open now stays silent. @returns its ids */
    darken(): string[] {
        for (const open of this.open.values()) open.dark = true;
        return [...this.open.keys()];
    }
}
