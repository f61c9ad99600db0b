import { existsSync, mkdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { GatewayError } from "../error.ts";
import type { Log } from "../ports.ts";
import type { HomeAuthority } from "./authority.ts";

/** Where `toque tls init` puts what it made, and `toque serve` looks. */
const FOLDER = "tls";
const LOOK_MS = 5_000;

/** The files of a listener's certificate (with its chain) and key. */
export interface TlsFiles {
    certificate: string;
    key: string;
}

/** What node:tls takes. */
export interface TlsMaterial {
    cert: Buffer;
    key: Buffer;
}

/** The files that `toque tls init` made in this data folder. Undefined: it has not. */
export function findTlsFiles(data: string): TlsFiles | undefined {
    const files = { certificate: join(data, FOLDER, "cert.pem"), key: join(data, FOLDER, "key.pem") };
    return existsSync(files.certificate) ? files : undefined;
}

/** @throws GatewayError("invalid_request") when a file cannot be read, or the two do not fit */
export function readTlsFiles({ certificate, key }: TlsFiles): TlsMaterial {
    try {
        const material = { cert: readFileSync(certificate), key: readFileSync(key) };
        createSecureContext(material);
        return material;
    } catch (error) {
        const sentence = `The certificate ${certificate} and its key ${key} cannot be used: look at their names, their rights, and whether they belong together.`;
        throw new GatewayError("invalid_request", sentence, { cause: error });
    }
}

/** Reads the files again whenever one of them changed; what does not fit (yet) leaves the old ones in use. @returns what ends it */
export function watchTlsFiles(files: TlsFiles, use: (material: TlsMaterial) => void, log: Log): () => void {
    const look = (): void => {
        try {
            use(readTlsFiles(files));
            log.info({}, "new TLS certificate");
        } catch (error) {
            log.warn({ error }, "the TLS certificate changed, and is of no use: the one before stays");
        }
    };
    for (const file of Object.values(files) as string[])
        watchFile(file, { interval: LOOK_MS, persistent: false }, look);
    return () => {
        for (const file of Object.values(files) as string[]) unwatchFile(file, look);
    };
}

/** Writes what boards trust and what the gateway shows. @throws GatewayError("invalid_request") when there is something already */
export function writeHomeAuthority(data: string, { ca, gateway, caDer }: HomeAuthority): string {
    const folder = join(data, FOLDER);
    if (existsSync(join(folder, "ca.pem"))) {
        throw new GatewayError(
            "invalid_request",
            `${folder} has a CA already, and boards may trust it. Move the folder away first if you really want another.`,
        );
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "ca-key.pem"), ca.key, { mode: 0o600, flag: "wx" });
    writeFileSync(join(folder, "key.pem"), gateway.key, { mode: 0o600 });
    writeFileSync(join(folder, "cert.pem"), gateway.certificate);
    writeFileSync(join(folder, "ca.der.base64"), caDer);
    writeFileSync(join(folder, "ca.pem"), ca.certificate);
    return folder;
}
