/** What another project's tests import as `toque/emulator`: emulated boards, and a gateway for them. */
import type { DeviceOptions, EmulatedDevice, TextPush } from "../device.ts";
import { decodeText as decode } from "../screen.ts";
import { startDevice as start } from "../start.ts";

export type { Push } from "../../device/core/events.ts";
export type {
    DeviceEvents,
    DeviceOptions,
    EmulatedDevice,
    Memory,
    Names,
    Runtime,
    Say,
    Shown,
    StateName,
    TextPush,
} from "../device.ts";
export type { BoardHands, Change, Pin } from "../hands.ts";
export type { Climate } from "../hands-bme280.ts";
export type { Display } from "../hands-ssd1306.ts";
export { RUNTIMES } from "../start.ts";
export { startGateway } from "./gateway.ts";
export type { GatewayOptions, Receipt, Registered, TestGateway } from "./gateway.ts";

/** Text of octets of UTF-8, which is what boards have: `octets` in `shown`. */
export const decodeText: (octets: string) => string = decode;

/** Starts an emulated board. Texts in `shown` and `say` are text. Rejects with a sentence about what to do when its runtime is missing. */
export async function startDevice(options: Omit<DeviceOptions, "text">): Promise<EmulatedDevice<TextPush>> {
    return (await start({ ...options, text: true })) as unknown as EmulatedDevice<TextPush>;
}
