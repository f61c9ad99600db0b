import { spawnSync } from "node:child_process";
import { Lab } from "./lab.ts";

/** The lab with a home's router in between: the gateway sees the router's address and a port of its choice. */
export class RoutedLab extends Lab {
    readonly #router = `${this.gatewaySpace}r`;

    constructor() {
        super();
        const [router, device] = [this.#router, this.deviceSpace];
        ip("netns", "add", router);
        ip("-n", device, "link", "set", "vd", "netns", router, "name", "vo");
        ip("link", "add", "vi", "netns", router, "type", "veth", "peer", "name", "vd", "netns", device);
        this.moveOutside("10.77.0.2");
        ip("-n", router, "addr", "add", "10.88.0.1/24", "dev", "vi");
        ip("-n", router, "link", "set", "vi", "up");
        ip("-n", device, "addr", "add", "10.88.0.50/24", "dev", "vd");
        ip("-n", device, "link", "set", "vd", "up");
        ip("-n", device, "route", "add", "default", "via", "10.88.0.1");
        this.run(router, "sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
        const nat = `oifname "vo" masquerade random`;
        this.#load("nat", `chain out { type nat hook postrouting priority 100; ${nat}; }`);
    }

    #load(name: string, chains: string): void {
        this.run(
            this.#router,
            "nft",
            ["-f", "-"],
            `table ip ${name}\ndelete table ip ${name}\ntable ip ${name} {\n${chains}\n}\n`,
        );
    }

    /** The router's provider gives it another address. */
    moveOutside(address: string): void {
        ip("-n", this.#router, "addr", "flush", "dev", "vo");
        ip("-n", this.#router, "addr", "add", `${address}/24`, "dev", "vo");
        ip("-n", this.#router, "link", "set", "vo", "up");
    }

    /** The router forgets the connection that the gateway sees at this port, and drops without a word what belongs to it. */
    forget(port: number): void {
        this.#load(
            "forgetful",
            `chain f { type filter hook forward priority 0; meta l4proto tcp ct reply proto-dst ${port} counter drop; }`,
        );
    }

    /** Packets longer than that are dropped without an ICMP message: a black hole of path MTU (RFC 2923 §2.1). 0: none. */
    narrowTo(octets: number): void {
        const rule = octets === 0 ? "counter accept" : `meta length > ${octets} counter drop`;
        this.#load("mtu", `chain f { type filter hook forward priority 0; ${rule}; }`);
    }

    override async close(): Promise<void> {
        await super.close();
        spawnSync("ip", ["netns", "del", this.#router]);
    }
}

function ip(...words: string[]): void {
    const { status, stderr } = spawnSync("ip", words, { encoding: "utf8" });
    if (status !== 0) throw new Error(`ip ${words.join(" ")}: ${stderr}`);
}
