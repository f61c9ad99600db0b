import "reflect-metadata"; // what @peculiar/x509 stands on wants it loaded first
import {
    AuthorityKeyIdentifierExtension,
    BasicConstraintsExtension,
    ExtendedKeyUsage,
    ExtendedKeyUsageExtension,
    KeyUsageFlags,
    KeyUsagesExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    SubjectKeyIdentifierExtension,
    X509CertificateGenerator,
    type X509Certificate,
} from "@peculiar/x509";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";

/** RSA, because Espruino's TLS offers no other certificates. */
const ALGORITHM = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
};
const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Boards pin the CA and are left alone for years. */
const CA_YEARS = 25;
const CERTIFICATE_YEARS = 10;

/** A certificate with its key, as PEM. */
export interface Pair {
    certificate: string;
    key: string;
}

export interface HomeAuthority {
    ca: Pair;
    gateway: Pair;
    /** the CA's certificate as Espruino takes it: DER in base64 */
    caDer: string;
}

async function newKeys(): Promise<{ keys: webcrypto.CryptoKeyPair; pem: string }> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { keys, pem: PemConverter.encode(pkcs8, "PRIVATE KEY") };
}

/**
 * A certificate authority for a home network, and a certificate of the gateway signed by it.
 * @param names the names and addresses by which boards and people reach the gateway
 */
export async function createHomeAuthority(names: string[], nowMs: number): Promise<HomeAuthority> {
    const [ca, gateway] = [await newKeys(), await newKeys()];
    const notBefore = new Date(nowMs - 24 * 3600 * 1000); // a clock may be late
    const authority: X509Certificate = await X509CertificateGenerator.createSelfSigned({
        name: "CN=Toque home CA",
        notBefore,
        notAfter: new Date(nowMs + CA_YEARS * YEAR_MS),
        keys: ca.keys,
        signingAlgorithm: ALGORITHM,
        extensions: [
            new BasicConstraintsExtension(true, 0, true),
            new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
            await SubjectKeyIdentifierExtension.create(ca.keys.publicKey),
        ],
    });
    const certificate = await X509CertificateGenerator.create({
        subject: "CN=Toque gateway",
        issuer: authority.subject,
        notBefore,
        notAfter: new Date(nowMs + CERTIFICATE_YEARS * YEAR_MS),
        publicKey: gateway.keys.publicKey,
        signingKey: ca.keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
            new BasicConstraintsExtension(false, undefined, true),
            new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
            new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
            new SubjectAlternativeNameExtension(
                names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
            ),
            await AuthorityKeyIdentifierExtension.create(ca.keys.publicKey),
            await SubjectKeyIdentifierExtension.create(gateway.keys.publicKey),
        ],
    });
    return {
        ca: { certificate: authority.toString("pem"), key: ca.pem },
        gateway: { certificate: certificate.toString("pem"), key: gateway.pem },
        caDer: Buffer.from(authority.rawData).toString("base64"),
    };
}
