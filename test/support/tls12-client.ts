import {
    constants,
    createCipheriv,
    createHash,
    createHmac,
    publicEncrypt,
    randomBytes,
    X509Certificate,
} from "node:crypto";
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";

// TLS 1.2 (RFC 5246) by hand, as no library speaks it: TLS_RSA_WITH_AES_128_GCM_SHA256 (RFC 5288), and after the handshake whatever
// records the test wants.

export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
const CHANGE_CIPHER_SPEC = 20;
const [CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_HELLO_DONE, CLIENT_KEY_EXCHANGE, FINISHED] = [
    1, 2, 11, 14, 16, 20,
];
const VERSION = Buffer.from([3, 3]);

/** Octets with their own length in so many octets before them. */
function sized(lengthOctets: number, ...parts: Buffer[]): Buffer {
    const body = Buffer.concat(parts);
    const length = Buffer.alloc(lengthOctets);
    length.writeUIntBE(body.length, 0, lengthOctets);
    return Buffer.concat([length, body]);
}

export function handshakeMessage(type: number, ...parts: Buffer[]): Buffer {
    return Buffer.concat([Buffer.from([type]), sized(3, ...parts)]);
}

function record(type: number, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from([type]), VERSION, sized(2, body)]);
}

export function clientHello(random: Buffer = randomBytes(32)): Buffer {
    const ciphers = sized(2, Buffer.from("009c", "hex"));
    const signatures = Buffer.concat([Buffer.from("000d", "hex"), sized(2, sized(2, Buffer.from("0401", "hex")))]);
    const rest = [sized(1), ciphers, sized(1, Buffer.from([0])), sized(2, signatures)];
    return handshakeMessage(CLIENT_HELLO, VERSION, random, ...rest);
}

/** RFC 5246 §5 */
function derive(secret: Buffer, label: string, seed: Buffer, octets: number): Buffer {
    const hmac = (data: Buffer) => createHmac("sha256", secret).update(data).digest();
    const labelled = Buffer.concat([Buffer.from(label), seed]);
    let step: Buffer = labelled;
    let out: Buffer = Buffer.alloc(0);
    while (out.length < octets) {
        step = hmac(step);
        out = Buffer.concat([out, hmac(Buffer.concat([step, labelled]))]);
    }
    return out.subarray(0, octets);
}

export interface Tls12Client {
    socket: Socket;
    /** octets that came since the handshake */
    received(): number;
    /** A record as it goes over the wire, encrypted: each one once, in this order. */
    seal(type: number, body: Buffer): Buffer;
}

/** Connects, and shakes hands. Whose certificate it is shown is not looked at. */
export async function openTls12(port: number): Promise<Tls12Client> {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    const news = new EventEmitter();
    let waiting = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
        waiting = Buffer.concat([waiting, chunk]);
        news.emit("news");
    });
    socket.on("close", () => news.emit("news"));
    const next = async (): Promise<{ type: number; body: Buffer }> => {
        while (waiting.length < 5 || waiting.length < 5 + waiting.readUInt16BE(3)) {
            if (socket.destroyed) throw new Error("closed in the handshake");
            await once(news, "news");
        }
        const end = 5 + waiting.readUInt16BE(3);
        const read = { type: waiting[0]!, body: waiting.subarray(5, end) };
        waiting = waiting.subarray(end);
        return read;
    };

    const random = randomBytes(32);
    let transcript = clientHello(random);
    socket.write(record(HANDSHAKE, transcript));
    let serverRandom = Buffer.alloc(0);
    let certificate: X509Certificate | undefined;
    let heard: Buffer = Buffer.alloc(0);
    for (let done = false; !done;) {
        heard = Buffer.concat([heard, (await next()).body]);
        while (heard.length >= 4 && heard.length >= 4 + heard.readUIntBE(1, 3)) {
            const message = heard.subarray(0, 4 + heard.readUIntBE(1, 3));
            heard = heard.subarray(message.length);
            transcript = Buffer.concat([transcript, message]);
            if (message[0] === SERVER_HELLO) serverRandom = Buffer.from(message.subarray(6, 38));
            if (message[0] === CERTIFICATE) certificate = new X509Certificate(message.subarray(10));
            done = message[0] === SERVER_HELLO_DONE;
        }
    }
    const early = Buffer.concat([VERSION, randomBytes(46)]);
    const key = { key: certificate!.publicKey, padding: constants.RSA_PKCS1_PADDING };
    const exchange = handshakeMessage(CLIENT_KEY_EXCHANGE, sized(2, publicEncrypt(key, early)));
    transcript = Buffer.concat([transcript, exchange]);
    const master = derive(early, "master secret", Buffer.concat([random, serverRandom]), 48);
    const keys = derive(master, "key expansion", Buffer.concat([serverRandom, random]), 40);
    let sequence = 0n;
    const seal = (type: number, body: Buffer): Buffer => {
        const nonce = Buffer.alloc(8);
        nonce.writeBigUInt64BE(sequence++);
        const cipher = createCipheriv(
            "aes-128-gcm",
            keys.subarray(0, 16),
            Buffer.concat([keys.subarray(32, 36), nonce]),
        );
        cipher.setAAD(Buffer.concat([nonce, Buffer.from([type]), VERSION, sized(2, body).subarray(0, 2)]));
        return record(type, Buffer.concat([nonce, cipher.update(body), cipher.final(), cipher.getAuthTag()]));
    };
    const proof = derive(master, "client finished", createHash("sha256").update(transcript).digest(), 12);
    const finished = seal(HANDSHAKE, handshakeMessage(FINISHED, proof));
    socket.write(Buffer.concat([record(HANDSHAKE, exchange), record(CHANGE_CIPHER_SPEC, Buffer.from([1])), finished]));
    await next();
    await next();
    return { socket, received: () => waiting.length, seal };
}
