import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderFlash } from "../device/host/flash.ts";
import type { Flash } from "../device/host/flash.ts";
import { startHostDevice } from "../device/host/start.ts";
import type { HostDevice } from "../device/host/start.ts";
import type { Push } from "../device/core/events.ts";
import type { Board, DeviceOptions, EmulatedDevice, Memory, Say } from "./device.ts";
import { EmulatedBoard } from "./emulated-board.ts";
import { Radio } from "./radio.ts";
import { Screen } from "./screen.ts";
import { slotTexts } from "./settings.ts";

/** The device on Node, as a board of the emulator. */
class HostBoard implements Board {
    readonly #flash: Flash;
    readonly #radio: Radio;
    readonly #screen: Screen;
    readonly #chip: string;
    #device: HostDevice | undefined;
    #failures = 0;

    constructor(flash: Flash, radio: Radio, screen: Screen, chip: string) {
        this.#flash = flash;
        this.#radio = radio;
        this.#screen = screen;
        this.#chip = chip;
    }

    start(): Promise<void> {
        this.#device = startHostDevice({
            flash: this.#flash,
            network: this.#radio,
            chip: this.#chip,
            handle: (push) => this.#handle(push),
            show: (state, text) => this.#screen.print(`toque: ${state}${text === undefined ? "" : `: ${text}`}`),
        });
        return Promise.resolve();
    }

    #handle(push: Push): void {
        this.#screen.takePush(push);
        if (this.#failures === 0) return;
        this.#failures--;
        throw new Error("asked to fail");
    }

    cut(): Promise<void> {
        this.#device?.stop();
        this.#device = undefined;
        return Promise.resolve();
    }

    wifi(event: "connected" | "disconnected" | undefined, address: string): Promise<void> {
        // an address that changes silently is the machine's to find out: there is no watch here
        if (event === "disconnected") this.#device?.linkDown();
        else this.#device?.linkUp(address);
        return Promise.resolve();
    }

    setNames(): Promise<void> {
        return Promise.resolve(); // it asks the radio
    }

    failHandler(times: number): Promise<void> {
        this.#failures = times;
        return Promise.resolve();
    }

    say(what: Say): Promise<boolean> {
        if (what.say === "read") return Promise.resolve(this.#device?.read(what.sequence) ?? false);
        return Promise.resolve(
            this.#device?.send(what, (why = "accepted") => this.#screen.print(`outcome: ${why}`)) ?? false,
        );
    }

    memory(): Promise<Memory> {
        return Promise.resolve({ used: process.memoryUsage().heapUsed, total: undefined, unit: "octets" });
    }

    dispose(): Promise<void> {
        return Promise.resolve();
    }
}

export async function startHost(options: DeviceOptions): Promise<EmulatedDevice> {
    const folder = options.flashDir ?? mkdtempSync(join(tmpdir(), "toque-host-"));
    const flash = folderFlash(folder);
    for (const [name, text] of slotTexts(options)) flash.save(name, text);
    const radio = new Radio(options.names);
    const screen = new Screen();
    const chip = createHash("sha256").update(folder).digest("hex").slice(0, 12);
    const device = new EmulatedBoard(options, new HostBoard(flash, radio, screen, chip), screen, radio, () => {
        if (options.flashDir === undefined) rmSync(folder, { recursive: true, force: true });
    });
    await device.powerOn();
    return device;
}
