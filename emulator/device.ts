import type { Push } from "../device/core/events.ts";
import type { BoardHands } from "./hands.ts";

/** What a device runs on. "espruino": the genuine interpreter; "espruino-sim": the stand-in; "host": Node; "lua": a real Lua. */
export type Runtime = "espruino" | "espruino-sim" | "host" | "lua";

/** Addresses by name; "fails": there is no such name; "hangs": no answer ever. */
export type Names = Record<string, string>;

/** What a device is started with. All of it but `flashDir`, `address` and the runtime's own is what a person would flash. */
export interface DeviceOptions {
    runtime: Runtime;
    gateway: { host: string; port: number };
    /** the number in E.164 */
    number?: string;
    /** both, or a code for enrolment, or neither when the flash has them already */
    route?: string;
    secret?: string;
    code?: string;
    keepAliveS?: number;
    /** PEM of a CA: TLS */
    ca?: string;
    /** The loopback address that the device connects from, and reports as its own. Default "127.0.0.1". */
    address?: string;
    /** Keeps the flash between two devices of a test. Default: a temporary folder, removed by `close`. */
    flashDir?: string;
    /** Starts without Wi-Fi: nothing is dialed before `linkUp`. */
    startsDown?: boolean;
    /** What the name server of its network answers. This machine resolves a name that is not in here. */
    names?: Names;
    /** Largest chunk in which received octets reach the program: 268 on ESP8266, 536 on ESP32 (default). */
    chunkOctets?: number;
    /** Another program than the built bundle. */
    program?: string;
    /**
     * Path of your own application, as you would flash it. The emulator's application gets every push too, so `shown` is complete.
     * What is wired to its pins: `pin`, `press`, `analog`, `display`, `sensor`. Modules that the runtime lacks have to come with it.
     */
    app?: string;
    /** Without the emulator's application: the board prints its messages itself, and `shown` stays empty. */
    bare?: boolean;
    /** "hand": the board's time stands still but for `turn`, so that a day passes in a moment. On Lua and on the stand-in. Default "wall". */
    clock?: "wall" | "hand";
    /** Texts in `shown` and `say` are text, not octets of UTF-8: so it is for those who import `toque/emulator`. */
    text?: boolean;
    /** Whose NodeMCU firmware a "lua" board has. Default "esp8266". */
    kind?: "esp8266" | "esp32";
    /** Which interpreter when a runtime has several: for "lua" "5.1" or "5.3"; for "espruino" a path instead of ESPRUINO's. */
    interpreter?: string;
}

/** A connection state as the board's screen showed it, and the sentence behind it. */
export interface Shown {
    state: StateName;
    why: string | undefined;
}

export type StateName = "offline" | "waiting" | "resolving" | "dialing" | "connecting" | "subscribing" | "online";

/**
 * What an application may send: `toque.read(sequence)`, `toque.send({…}, done)`. What `done` is called with is a line on the screen:
 * "outcome: accepted", or "outcome: " and why the gateway refused it.
 */
export type Say = { say: "read"; sequence: number } | { say: "msg"; to: string; body: string; title?: string };

/** A runtime's memory in its own unit: JsVars on Espruino, octets elsewhere. */
export interface Memory {
    used: number;
    total: number | undefined;
    unit: "JsVars" | "octets";
}

/** A push as text, as `toque/emulator` gives it, and beside it as a board has it: octets of UTF-8. */
export interface TextPush extends Push {
    octets: Push;
}

/** What happens on a board. `gone`: its program ended though nobody asked. */
export interface DeviceEvents<P extends Push = Push> {
    line: [line: string];
    push: [push: P];
    state: [shown: Shown];
    gone: [why: string];
    /** The program drove a pin, or wrote to an I2C device. */
    hands: [];
}

/**
 * An emulated board that runs the built bundle. Commands resolve when the board has the event, not when it has acted:
 * tests wait with `until`. Text in pushes is octets of UTF-8, as on a board, unless it was started with `text`.
 */
export interface EmulatedDevice<P extends Push = Push> extends BoardHands {
    readonly runtime: Runtime;
    /** Every push that its application got, in order, over all reboots; also one whose handler threw. */
    readonly shown: readonly P[];
    /** Every connection state on its screen, in order. */
    readonly states: readonly Shown[];
    /** Every line on its screen. */
    readonly screen: readonly string[];
    /** First line of the error that ended a part of its application (`app`) since the power came on, at its load or later. */
    readonly failure: string | undefined;
    /** The address that it connects from now. Undefined: no Wi-Fi. */
    readonly address: string | undefined;

    on<E extends keyof DeviceEvents>(event: E, listener: (...args: DeviceEvents<P>[E]) => void): void;
    off<E extends keyof DeviceEvents>(event: E, listener: (...args: DeviceEvents<P>[E]) => void): void;
    /**
     * Resolves as soon as `is` holds, looking again at each event. Rejects with the screen's last lines after `withinMs`, and at once when
     * the application fails (`failure`).
     */
    until(is: (device: EmulatedDevice<P>) => boolean, withinMs?: number): Promise<void>;

    /**
     * Another address. The old sockets are black holes from now on: nobody closes them, and nothing comes through.
     * "announced": with the `connected` event of the Wi-Fi; "silent": without any event, for the board's own watch to find.
     */
    setAddress(address: string, how?: "announced" | "silent"): Promise<void>;
    /** The Wi-Fi is gone, with the `disconnected` event. Sockets are black holes. */
    linkDown(): Promise<void>;
    /** The Wi-Fi is back, with this address or the last one. */
    linkUp(address?: string): Promise<void>;
    /** Wi-Fi is lost and back without `disconnected`, only another `connected`, as an ESP32 does: same address, dead sockets. */
    hiddenDrop(): Promise<void>;

    /** The name server gives other answers from now on. */
    setNames(names: Names): Promise<void>;

    /** The application's handler throws for the next so many calls. */
    failHandler(times: number): Promise<void>;
    /** The application sends something. False: the board refused it. */
    say(what: Say): Promise<boolean>;
    memory(): Promise<Memory>;
    /**
     * Turns the board's clock on by so many milliseconds: what is due on the way is done, each at its time. It waits for the gateway's answers,
     * which take none of the board's time; the gateway's own clock stays, so that a message can be too old for the board. Rejects when the
     * board was not started with `clock: "hand"`.
     */
    turn(ms: number): Promise<void>;
    /** How much is open: files, connections, look-ups, timers, as the runtime counts them. Undefined: it does not count. */
    handles(): Promise<number | undefined>;
    /** Ctrl-C on its console. A runtime without one goes on. */
    interrupt(): Promise<void>;

    /** Power cut: the board closes, sends and writes nothing any more. */
    kill(): Promise<void>;
    /** Power cut, and power again with the same flash. Also after `kill`. */
    reboot(): Promise<void>;
    /** Ends it and removes what it made. */
    close(): Promise<void>;
}

/** Starts a device of one runtime. Rejects with a sentence that names the environment variable when the runtime is missing. */
export type StartDevice = (options: DeviceOptions) => Promise<EmulatedDevice>;

/**
 * What a runtime's folder implements; `EmulatedBoard` (emulated-board.ts) makes an EmulatedDevice of it. All that it prints goes
 * to its Screen, all that it sends goes through its Radio (or a relay in front of that).
 */
export interface Board {
    /** Power on, with the flash as it is. The Wi-Fi is down until `wifi` is called. */
    start(): Promise<void>;
    /** Power cut: the board sends, receives and writes nothing more. The radio's sockets are dead already. */
    cut(): Promise<void>;
    /** The Wi-Fi has this address from now on, and reports it by the event; undefined: without an event. */
    wifi(event: "connected" | "disconnected" | undefined, address: string): Promise<void>;
    setNames(names: Names): Promise<void>;
    failHandler(times: number): Promise<void>;
    say(what: Say): Promise<boolean>;
    memory(): Promise<Memory>;
    handles?(): Promise<number>;
    /** Turns its clock on, when that is a hand clock. */
    turn?(ms: number): Promise<void>;
    interrupt?(): Promise<void>;
    /** A line of what the program may read (emulator/hands.ts). What it may read at power on is `screen.hands.inputs()`. */
    input?(line: string): Promise<void>;
    /** Removes what it made. The power is off. */
    dispose(): Promise<void>;
}
