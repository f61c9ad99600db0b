import { X509Certificate } from "node:crypto";
import { frame } from "../device/slots.ts";
import type { DeviceOptions } from "./device.ts";

/** @param pem the first certificate of it counts @returns DER in base64 */
function derOf(pem: string): string {
    return new X509Certificate(pem).raw.toString("base64");
}

/** Flat JSON as octets of UTF-8, as a board has it in flash. */
export function octetsOf(fields: Record<string, string | number | undefined>): string {
    return Buffer.from(JSON.stringify(fields), "utf8").toString("latin1");
}

/** The texts of the slots that a person would flash, by name. */
export function slotTexts(options: DeviceOptions): Map<string, string> {
    const { gateway, number, route, secret, code, keepAliveS, ca } = options;
    const texts = new Map([
        ["config", octetsOf({ ...gateway, number, code, keepAliveS, ca: ca === undefined ? ca : derOf(ca) })],
    ]);
    if (route !== undefined && secret !== undefined) texts.set("credentials", octetsOf({ route, secret }));
    return texts;
}

/** The files that a person would flash: each slot's first file whole, its second one empty. */
export function slotFiles(options: DeviceOptions): Map<string, string> {
    const files = new Map<string, string>();
    for (const [name, text] of slotTexts(options)) {
        files.set(`toque-${name}0`, frame(1, text));
        files.set(`toque-${name}1`, "");
    }
    return files;
}
