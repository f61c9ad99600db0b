import { MAX_PACKET_OCTETS, MAX_WINDOW, PACKET_OCTETS, WINDOW } from "../../shared/push/limits.ts";
import { applicationFails, type ConnectWhy, type RegistrationFields } from "../../shared/push/registration.ts";
import { GatewayError } from "../error.ts";
import { isChip, type Capabilities } from "../registration.ts";
import { parseObject } from "./payload.ts";

const WHYS: ConnectWhy[] = ["boot", "address", "link", "lost", "gateway"];
/** Runtime, version and address are short; longer ones are cut. So is an application's error. */
const MAX_TEXT_CHARS = 48;
const MAX_ERROR_CHARS = 160;
/** Smallest packet a device may announce: below it no message would fit. */
const MIN_PACKET_OCTETS = 128;

/**
 * Reads a registration, leniently: what is missing or cannot be is left at its default, and octets of an application's error that are
 * no UTF-8 become U+FFFD. @throws GatewayError invalid_request: it is no JSON object
 */
export function readRegistration(payload: Buffer): RegistrationFields {
    const given: Partial<Record<keyof RegistrationFields, unknown>> | undefined = parseObject(payload.toString());
    if (given === undefined) throw new GatewayError("invalid_request", "A registration has to be a JSON object.");
    return {
        r: text(given.r),
        v: text(given.v),
        a: text(given.a),
        y: WHYS.find((why) => why === given.y) ?? "boot",
        c: typeof given.c === "string" && isChip(given.c) ? given.c : undefined,
        m: integer(given.m, 0) ?? PACKET_OCTETS,
        w: integer(given.w, 0) ?? WINDOW,
        e: integer(given.e, 0),
        n: integer(given.n, 0),
        p: typeof given.p === "string" ? text(given.p, MAX_ERROR_CHARS) : undefined,
        f: integer(given.f, 0),
        q: integer(given.q, -1_000),
    };
}

/** What a device can do, within our limits. */
export function readCapabilities(fields: RegistrationFields): Capabilities {
    return {
        runtime: fields.r,
        firmware: fields.v,
        packetOctets: Math.min(MAX_PACKET_OCTETS, Math.max(MIN_PACKET_OCTETS, fields.m)),
        window: applicationFails(fields.p) ? 0 : Math.min(MAX_WINDOW, fields.w),
        application: fields.p,
        freeOctets: fields.f,
        signalDbm: fields.q,
    };
}

function text(value: unknown, maxChars = MAX_TEXT_CHARS): string {
    return typeof value === "string" ? value.slice(0, maxChars) : "";
}

function integer(value: unknown, least: number): number | undefined {
    return Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : undefined;
}
