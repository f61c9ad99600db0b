import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { ROUTE_CHARS } from "../../shared/push/limits.ts";
import type { Route } from "../registration.ts";

/** Random octets, an argument where they are needed: tests say which. */
export type Random = (octets: number) => Buffer;

export const systemRandom: Random = (octets) => randomBytes(octets);

const SECRET_OCTETS = 16;
const ROUTE_OCTETS = (ROUTE_CHARS * 6) / 8;

/** Random octets as base64url that begins with a letter or a digit: a command line takes a "-" there for a flag. */
export function randomText(random: Random, octets: number): string {
    for (;;) {
        const text = random(octets).toString("base64url");
        if (/^[A-Za-z0-9]/.test(text)) return text;
    }
}

/** A secret or a token: 128 random bits, 22 characters of base64url. */
export function newSecret(random: Random): string {
    return randomText(random, SECRET_OCTETS);
}

/** SHA-256, hex. Enough for 128 random bits: nobody can try them out. */
export function hashSecret(secret: string): string {
    return hash("sha256", secret, "hex");
}

/** Compares two texts in a time that tells nothing but their lengths. */
export function sameText(one: string, other: string): boolean {
    const [a, b] = [Buffer.from(one), Buffer.from(other)];
    return a.length === b.length && timingSafeEqual(a, b);
}

/** 96 random bits as base64url. */
export function newRoute(random: Random): Route {
    return randomText(random, ROUTE_OCTETS) as Route;
}
