import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync, unwatchFile, watchFile } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { GatewayError } from "../error.ts";
import type { Log } from "../log.ts";

/** Where `toque tls init` puts what it made, and `toque serve` looks. */
export const FOLDER = "tls";
const LOOK_MS = 5_000;

/** The files of a listener's certificate (with its chain) and key. */
export interface TlsFiles {
    certificate: string;
    key: string;
}

/** What node:tls takes, and when it ends. */
export interface TlsMaterial {
    cert: Buffer;
    key: Buffer;
    endsMs: number;
}

/** How far a certificate is. */
export type CertificateState = "valid" | "ends soon" | "ended";

const SOON_MS = 30 * 86_400_000;

export function stateOf({ endsMs }: Pick<TlsMaterial, "endsMs">, nowMs: number): CertificateState {
    if (nowMs >= endsMs) return "ended";
    return endsMs - nowMs < SOON_MS ? "ends soon" : "valid";
}

/** Logs that a certificate has ended or ends soon. */
export function reportEnd({ certificate }: TlsFiles, material: TlsMaterial, nowMs: number, log: Log): void {
    const state = stateOf(material, nowMs);
    if (state === "valid") return;
    const when = new Date(material.endsMs).toISOString();
    const sentence =
        "and who checks it does not connect then: put a new one in its place, with its key; the gateway reads it by itself";
    log.warn({ certificate, when }, `the TLS certificate ${state === "ended" ? "has ended" : state}, ${sentence}`);
}

/** The files that `toque tls init` made in this data folder. Undefined: it has not. What is there and cannot be looked at is there. */
export function findTlsFiles(data: string): TlsFiles | undefined {
    const files = { certificate: join(data, FOLDER, "cert.pem"), key: join(data, FOLDER, "key.pem") };
    try {
        return statSync(files.certificate, { throwIfNoEntry: false }) === undefined ? undefined : files;
    } catch {
        return files;
    }
}

/** @throws GatewayError("invalid_request") when a file cannot be read, or the two do not fit */
export function readTlsFiles({ certificate, key }: TlsFiles): TlsMaterial {
    try {
        const material = { cert: readFileSync(certificate), key: readFileSync(key) };
        createSecureContext(material);
        // OpenSSL takes a key of another kind than the certificate's (RSA, EC) without a word, and then no handshake succeeds
        const shown = new X509Certificate(material.cert);
        if (!shown.checkPrivateKey(createPrivateKey(material.key))) {
            throw new Error("the key is another certificate's");
        }
        return { ...material, endsMs: Date.parse(shown.validTo) };
    } catch (error) {
        const sentence = `The certificate ${certificate} and its key ${key} cannot be used: look at their names, their rights, and whether they belong together.`;
        throw new GatewayError("invalid_request", sentence, { cause: error });
    }
}

/** Reads the files again whenever one of them changed; what does not fit (yet) leaves the old ones in use. @returns what ends it */
export function watchTlsFiles(
    files: TlsFiles,
    use: (material: TlsMaterial) => void,
    log: Log,
    lookMs = LOOK_MS,
): () => void {
    const look = (): void => {
        try {
            use(readTlsFiles(files));
            log.info({}, "new TLS certificate");
        } catch (error) {
            log.warn({ error }, "the TLS certificate changed, and is of no use: the one before stays");
        }
    };
    for (const file of Object.values(files) as string[]) watchFile(file, { interval: lookMs, persistent: false }, look);
    return () => {
        for (const file of Object.values(files) as string[]) unwatchFile(file, look);
    };
}
