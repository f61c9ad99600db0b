/** What a person sets once, in flash: slot "config". */
export interface Settings {
    /** the gateway's name or address, and its port */
    host: string;
    port: number;
    /** the number in E.164: shown on the screen and used to enrol, never part of a topic */
    number?: string;
    /** one-time code, until the device has a secret */
    code?: string;
    ssid?: string;
    password?: string;
    keepAliveS?: number;
    /** the CA to trust, DER in base64: TLS, on runtimes that can */
    ca?: string;
}

/** What the gateway gave the device: slot "credentials", written only when it changes. */
export interface Credentials {
    route: string;
    secret: string;
}

/** What the device remembers of its session: slot "session", written at most once an hour in steady state. */
export interface Memory {
    /** 0: none is known yet */
    epoch: number;
    /** high-water mark: the last sequence handled in that epoch */
    sequence: number;
    /** the last address of the gateway that answered CONNECT: tried when its name cannot be resolved. "": none */
    gateway: string;
    /** the first push after a boot, and the boots in a row that had it as their first: the board may restart because of it */
    tried?: number;
    times?: number;
}

/** What a runtime is and can do: constants of a board's folder. */
export interface Body {
    /** the chip's own id: letters and digits */
    chip: string;
    /** largest packet in octets */
    packetOctets: number;
    /** how many pushes may be inflight */
    window: number;
    /** a random number of this boot, 0 to 2147483647: a message's id is unique with it */
    boot: number;
    /** An integer from 0 to span - 1, of any quality: it spreads devices in time, it keeps no secret. */
    random: (this: void, span: number) => number;
}
