import { readFields } from "../../shared/push/fields.ts";
import type { Input, Output, Push } from "../../device/core/events.ts";
import { canSay } from "../../device/core/outbox.ts";
import { createSession } from "../../device/core/session.ts";
import type { Session } from "../../device/core/session.ts";
import type { Memory } from "../../device/core/settings.ts";
import { step, wakeAfterMs } from "../../device/core/step.ts";
import { State } from "../../device/core/states.ts";
import type { HandTimers } from "./hand-timers.ts";
import type { Seeded } from "./seeded.ts";
import type { GatewayLine, SimulatedGateway } from "./simulated-gateway.ts";

/** A connection over a network that may go dead without a word. */
interface Path {
    latencyMs: number;
    /** nothing comes through any more, in either direction, and nothing closes */
    dead: boolean;
    /** of the device: hung up */
    dropped: boolean;
    line: GatewayLine | undefined;
    /** the last octets on their way arrive then: nothing overtakes them */
    arrivesMs: number;
}

/** What the simulated network's name server does. */
export type NameServer = "answers" | "fails" | "hangs" | "lies";

/** What the application does with a push. "cut": the power goes, before the handler has returned. */
export type Handling = "returns" | "throws" | "cut";

/** The gateway's name and address, and an address where nobody is. */
const NAME = "gateway.test";
const ADDRESS = "10.0.0.1";
const NOBODY = "10.99.99.99";

/** The pure core with a network, a name server, a flash and an application that a simulation plays with. */
export class SimulatedDevice {
    session!: Session;
    /** What the flash holds of the session: it outlives a restart. */
    flash: Memory | undefined;
    /** The gateway can be reached. */
    reachable = true;
    nameServer: NameServer = "answers";
    /** The connection that it hung up last was a dead one. */
    leftDead = false;
    /** called with each sentence on the screen */
    showed: (text: string) => void = () => undefined;
    readonly dialedMs: number[] = [];
    #handler: (push: Push) => Handling;
    #dialed: () => void;
    #path: Path | undefined;
    #cancel: () => void = () => undefined;
    #inputs: Input[] = [];
    #lookUps = 0;
    readonly #time: HandTimers;
    readonly #random: Seeded;
    readonly #gateway: SimulatedGateway;

    constructor(
        time: HandTimers,
        random: Seeded,
        gateway: SimulatedGateway,
        handler: (push: Push) => Handling,
        dialed: () => void,
    ) {
        this.#time = time;
        this.#random = random;
        this.#gateway = gateway;
        this.#handler = handler;
        this.#dialed = dialed;
        this.boot();
    }

    /** Power on, with the flash as it is; power was cut before: what was sent already goes its way, and nothing is closed. */
    boot(): void {
        this.#cancel();
        if (this.#path !== undefined) this.#path.dropped = true;
        this.#path = undefined;
        this.#lookUps++;
        this.#inputs = [];
        const below = (span: number): number => this.#random.below(span);
        const body = { chip: "chip", packetOctets: 1024, window: 2, boot: below(2 ** 31 - 1), random: below };
        const settings = { host: NAME, port: 1883 };
        this.session = createSession(
            body,
            settings,
            { route: "route", secret: "secret" },
            this.flash,
            this.#time.nowMs(),
        );
    }

    feed(input: Input): void {
        const inputs = this.#inputs;
        inputs.push(input);
        if (inputs.length > 1) return;
        while (inputs.length > 0) {
            for (const output of step(this.session, inputs[0]!, this.#time.nowMs())) {
                this.#perform(output);
                if (inputs !== this.#inputs) return; // the power was cut in the middle of it
            }
            inputs.shift();
        }
        this.#cancel();
        const delayMs = wakeAfterMs(this.session, this.#time.nowMs());
        this.#cancel = delayMs < 0 ? () => undefined : this.#time.after(delayMs, () => this.feed({ type: "tick" }));
    }

    /** It is online, and what it sends gets through. */
    get isHeard(): boolean {
        return this.session.state === State.online && this.#path?.dead === false;
    }

    /** The application reports a push as read. @returns false: too much waits already */
    say(payload: string): boolean {
        if (!canSay(this.session, payload, this.#inputs.length)) return false;
        this.feed({ type: "say", topic: "read", payload });
        return true;
    }

    /** What is open goes dead: neither the device nor the gateway gets an event. */
    die(): void {
        if (this.#path !== undefined) this.#path.dead = true;
    }

    #perform(output: Output): void {
        if (output.type === "resolve") this.#resolve();
        else if (output.type === "dial") this.#dial(output.address);
        else if (output.type === "hangUp") this.#hangUp();
        else if (output.type === "send") this.#send(output.data);
        else if (output.type === "deliver") this.#deliver(output.message);
        else if (output.type === "state") this.showed(output.text ?? "");
        else if (output.type === "save" && output.slot === "session")
            this.flash = readFields(output.json) as unknown as Memory;
    }

    #deliver(message: Push): void {
        const inputs = this.#inputs;
        const how = this.#handler(message);
        if (inputs === this.#inputs) inputs.push({ type: "handled", taken: how === "returns" });
    }

    #resolve(): void {
        const { nameServer } = this;
        const lookUp = ++this.#lookUps;
        if (nameServer === "hangs") return;
        const address = { answers: ADDRESS, lies: NOBODY, fails: undefined }[nameServer];
        this.#time.after(1 + this.#random.below(2000), () => {
            if (lookUp === this.#lookUps) this.feed({ type: "resolved", address });
        });
    }

    #dial(address: string): void {
        this.dialedMs.push(this.#time.nowMs());
        this.#dialed();
        const path: Path = {
            latencyMs: 1 + this.#random.below(80),
            dead: false,
            dropped: false,
            line: undefined,
            arrivesMs: 0,
        };
        this.#path = path;
        const reachable = (): boolean => this.reachable && address === ADDRESS;
        if (!reachable() && this.#random.percent(50)) return; // a SYN that nobody answers
        this.#time.after(path.latencyMs * 2, () => {
            if (path.dead || path.dropped) return;
            if (!reachable()) return this.#closed(path);
            path.line = this.#gateway.open({
                send: (octets) => this.#fromGateway(path, octets),
                close: () => {
                    const delayMs = Math.max(path.latencyMs, path.arrivesMs - this.#time.nowMs());
                    this.#time.after(delayMs, () => this.#closed(path));
                },
            });
            this.feed({ type: "opened", about: '"r":"simulated","v":"0.0.0"' });
        });
    }

    #closed(path: Path): void {
        if (path.dead || path.dropped) return;
        path.dropped = true;
        this.feed({ type: "closed" });
    }

    #hangUp(): void {
        const path = this.#path;
        this.#path = undefined;
        this.#lookUps++;
        this.leftDead = path?.dead ?? false;
        if (path === undefined) return;
        path.dropped = true;
        if (!path.dead) this.#time.after(path.latencyMs, () => path.line?.end());
    }

    #send(data: string): void {
        const path = this.#path;
        if (path === undefined || path.dead) return;
        this.#time.after(path.latencyMs, () => {
            if (!path.dead) path.line?.receive(Buffer.from(data, "latin1"));
        });
    }

    /** The network cuts octets as it likes, and keeps their order. */
    #fromGateway(path: Path, octets: Buffer): void {
        for (let at = 0; at < octets.length;) {
            const length = this.#random.percent(80) ? octets.length : 1 + this.#random.below(octets.length);
            const piece = octets.toString("latin1", at, at + length);
            at += length;
            // the pieces of one write may come seconds apart
            const lateMs = this.#random.percent(80) ? 0 : this.#random.below(4000);
            path.arrivesMs = Math.max(path.arrivesMs, this.#time.nowMs() + path.latencyMs + lateMs);
            this.#time.after(path.arrivesMs - this.#time.nowMs(), () => {
                if (!path.dead && !path.dropped) this.feed({ type: "bytes", data: piece });
            });
        }
    }
}
