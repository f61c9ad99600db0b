import { PACKET_OCTETS, WINDOW } from "../../shared/push/limits.ts";
import type { ConnectWhy, RegistrationFields } from "../../shared/push/registration.ts";
import { readObject } from "./payload.ts";

const WHYS: ConnectWhy[] = ["boot", "address", "link", "lost", "gateway"];
/** Runtime, version and address are short; longer ones are cut. */
const MAX_TEXT_CHARS = 48;

/** Reads a registration, leniently: what is missing or cannot be is left at its default. @throws GatewayError invalid_request: it is no JSON object */
export function readRegistration(payload: Buffer): RegistrationFields {
    const given: Partial<Record<keyof RegistrationFields, unknown>> = readObject(payload);
    return {
        r: text(given.r),
        v: text(given.v),
        a: text(given.a),
        y: WHYS.find((why) => why === given.y) ?? "boot",
        m: integer(given.m, 0) ?? PACKET_OCTETS,
        w: integer(given.w, 0) ?? WINDOW,
        e: integer(given.e, 0),
        n: integer(given.n, 0),
        f: integer(given.f, 0),
        q: integer(given.q, -1_000),
    };
}

function text(value: unknown): string {
    return typeof value === "string" ? value.slice(0, MAX_TEXT_CHARS) : "";
}

function integer(value: unknown, least: number): number | undefined {
    return Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : undefined;
}
