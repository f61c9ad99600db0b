/** Whether an application, as a registration names it, takes no messages. Left out: the client is no board of ours, and takes them. */
export function applicationFails(application: string | undefined): application is string {
    return application !== undefined && application !== "running";
}

/** Why a device connects. "gateway": the gateway closed the last connection or refused it. */
export type ConnectWhy = "boot" | "address" | "link" | "lost" | "gateway";

/**
 * `out/<route>/reg`, QoS 1: its PUBACK means that the endpoint is stored. A second one on a connection begins anew: after the next hello
 * the pushes that are not acknowledged come again. Unknown values are left out.
 */
export interface RegistrationFields {
    /** runtime: "espruino", "nodemcu", "host" */
    r: string;
    /** firmware version of the device's Toque */
    v: string;
    /** the address the device has on its own link */
    a: string;
    y: ConnectWhy;
    /** the chip's own id, letters and digits: two of them with one secret are found by it */
    c?: string;
    /** largest packet in octets it takes */
    m: number;
    /** window: how many pushes may be inflight. 0: none for now, and this registration will be followed by another */
    w: number;
    /** epoch and the last sequence it has handled in it, if it knows any */
    e?: number;
    n?: number;
    /** program: the application. "running"; or, and then pushes wait, "none", or the first line of its error */
    p?: string;
    /** free memory: octets (JsVars times their size on Espruino) */
    f?: number;
    /** signal: RSSI in dBm */
    q?: number;
}
