import { createHash } from "node:crypto";

/** Stands for any number of octets: 128 bits, 22 characters of base64url. */
export function digest(...parts: (string | Buffer)[]): string {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest("base64url").slice(0, 22);
}
