/** What another project's tests import as `toque/emulator`: emulated boards, and a gateway for them. */
import { decodeText as decode } from "../screen.ts";

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
} from "../device.ts";
export type { BoardHands, Change, Pin } from "../hands.ts";
export type { Climate } from "../hands-bme280.ts";
export type { Display } from "../hands-ssd1306.ts";
export { RUNTIMES, startDevice } from "../start.ts";
export { startGateway } from "./gateway.ts";
export type { GatewayOptions, Receipt, Registered, TestGateway } from "./gateway.ts";

/** Text of octets of UTF-8, which is what boards have. */
export const decodeText: (octets: string) => string = decode;
