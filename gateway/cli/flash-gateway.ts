import { createHash } from "node:crypto";
import { type Socket, connect } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls } from "node:tls";
import { enrolClientId, enrolTopic } from "../../shared/push/topics.ts";
import { encodeConnect, encodeSubscribe } from "../../shared/wire/encode.ts";
import { isLoopback } from "../limits/client-key.ts";
import { Failure } from "./failure.ts";

const REACH_MS = 5_000;
/** A store that flushes slowly is not a gateway that is away. */
const ANSWER_MS = 30_000;
/** CONNACK's first octet, and where its return code is. MQTT 3.1.1 §3.2 */
const CONNACK = 0x20;
const RETURN_CODE_AT = 3;

/** Where boards reach the gateway. */
export interface BrokerAddress {
    host: string;
    port: number;
    /** PEM of the CA to trust: TLS */
    ca?: string;
}

/** @param text HOST or HOST:PORT @throws Failure */
export function readBroker(text: string): BrokerAddress {
    const [host = "", port = "1883", ...more] = text.split(":");
    if (host === "" || more.length > 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65535)
        throw new Failure(`--gateway is a name or an address, and a port if it is not 1883: not "${text}".`, 2);
    return { host, port: Number(port) };
}

/** A loopback address is this machine's own: a board on a cable looks for it in itself. @param local the board runs on this machine */
export function checkHost({ host }: BrokerAddress, local: boolean): void {
    if (local || !isLoopback(host)) return;
    throw new Failure(
        `The board cannot reach ${host}: that is this machine's address for itself. Give the one that it has in the board's network, and serve there: toque serve --host ADDRESS.`,
        2,
    );
}

/** Connects as a board will. @throws Failure */
export function reach({ host, port, ca }: BrokerAddress): Promise<Socket> {
    return new Promise((resolve, reject) => {
        const to = { host, port, timeout: REACH_MS };
        const socket: Socket = ca === undefined ? connect(to) : connectTls({ ...to, ca });
        const fail = (why: string): void => {
            socket.destroy();
            reject(
                new Failure(
                    `No gateway answers at ${host}:${port} (${why}), where the board will look for it: does "toque serve" listen there for boards?`,
                    4,
                ),
            );
        };
        socket.once("timeout", () => fail(`nothing within ${REACH_MS / 1000} s`));
        socket.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
        socket.once(ca === undefined ? "connect" : "secureConnect", () => {
            socket
                .setTimeout(0)
                .removeAllListeners("error")
                .on("error", () => undefined);
            resolve(socket);
        });
    });
}

/**
 * Trades a one-time code for the number's route and secret, as a board does. From the same machine the same code works again until the
 * board has connected, so that a command that was interrupted can be run again.
 * @throws Failure when the gateway refuses the code
 */
export async function redeem(broker: BrokerAddress, number: string, code: string): Promise<Credentials> {
    const chip = createHash("sha256").update(`${hostname()} ${number} ${code}`).digest("hex").slice(0, 12);
    const socket = await reach(broker);
    try {
        socket.write(
            encodeConnect(enrolClientId(chip), number, code, 60) + encodeSubscribe(1, enrolTopic(chip)),
            "latin1",
        );
        return await credentialsFrom(socket);
    } finally {
        socket.destroy();
    }
}

export interface Credentials {
    route: string;
    secret: string;
}

/** CONNACK, SUBACK and the one PUBLISH whose payload has the credentials. */
function credentialsFrom(socket: Socket): Promise<Credentials> {
    let heard = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
        const refuse = (sentence: string, exitCode: 3 | 4) => reject(new Failure(sentence, exitCode));
        const timer = setTimeout(
            () => refuse(`The gateway did not answer within ${ANSWER_MS / 1000} s: look at its log.`, 4),
            ANSWER_MS,
        );
        socket.once("close", () => {
            clearTimeout(timer);
            refuse("The gateway closed the connection: is this its port for boards, and is TLS on or off as here?", 4);
        });
        socket.on("data", (data: Buffer) => {
            heard = Buffer.concat([heard, data]);
            if (heard.length <= RETURN_CODE_AT) return;
            if (heard[0] !== CONNACK || heard[RETURN_CODE_AT] !== 0)
                refuse(
                    "The gateway refused the code: it works once, for ten minutes, and for its number only. Ask for another one.",
                    3,
                );
            const [json] = /\{.*\}/.exec(heard.toString("latin1")) ?? [];
            if (json === undefined) return;
            const { r: route, s: secret } = JSON.parse(json) as { r: string; s: string };
            resolve({ route, secret });
        });
    });
}
