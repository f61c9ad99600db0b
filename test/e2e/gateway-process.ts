import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultProxy } from "../support/fault-proxy.ts";
import { type Served, serveToque } from "../support/toque.ts";

export interface Answer<T> {
    status: number;
    body: T;
}

export interface Enrolled {
    number: string;
    route: string;
    secret: string;
}

/** A receipt as HTTP gives it. */
export interface Receipt {
    id: string;
    sequence: number;
    state: string;
    history: { state: string; at: string; why?: string }[];
}

/**
 * `toque serve` in a process of its own that can be killed and started again on the same folder. Clients reach it through two proxies, whose
 * ports stay; its own are others after each start, so that no client's connection can be in the way of a new start.
 */
export class GatewayProcess {
    readonly data = mkdtempSync(join(tmpdir(), "toque-e2e-"));
    readonly mqtt: FaultProxy;
    readonly http: FaultProxy;
    token = "";
    readonly #environment: Record<string, string>;
    #served: Served | undefined;

    private constructor(mqtt: FaultProxy, http: FaultProxy, environment: Record<string, string>) {
        this.mqtt = mqtt;
        this.http = http;
        this.#environment = environment;
    }

    /** @param environment of the process, added to this one's */
    static async start(environment: Record<string, string> = {}): Promise<GatewayProcess> {
        const gateway = new GatewayProcess(await FaultProxy.listen(), await FaultProxy.listen(), environment);
        await gateway.start();
        return gateway;
    }

    /** Where devices connect. */
    get address(): { host: string; port: number } {
        return { host: "127.0.0.1", port: this.mqtt.port };
    }

    async start(): Promise<void> {
        this.#served = await serveToque([], this.data, this.#environment);
        this.token = readFileSync(this.#served.adminTokenFile, "utf8").trim();
        this.mqtt.target = this.#served.mqttPort;
        this.http.target = this.#served.httpPort;
    }

    /** @returns what the process wrote to its log, all of it */
    async #end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
        const served = this.#served;
        if (served === undefined) return "";
        this.#served = undefined;
        served.child.kill(signal);
        const { status, stderr } = await served.ended;
        this.mqtt.target = undefined;
        this.http.target = undefined;
        const asked = signal === "SIGKILL" ? "SIGKILL" : 0;
        if (status !== asked)
            throw new Error(`The gateway ended with ${status}, not ${asked}: ${stderr.slice(-2_000)}`);
        return stderr;
    }

    /** SIGKILL: nothing more is written, said or closed by it. */
    async kill(): Promise<void> {
        await this.#end("SIGKILL");
    }

    /** SIGTERM, and waits for its end. */
    async stop(): Promise<string> {
        return this.#end("SIGTERM");
    }

    /** @throws what fetch throws when the connection breaks */
    async ask<T>(
        method: string,
        path: string,
        body?: unknown,
        headers: Record<string, string> = {},
    ): Promise<Answer<T>> {
        const answer = await fetch(`http://127.0.0.1:${this.http.port}${path}`, {
            method,
            headers: {
                Authorization: `Bearer ${this.token}`,
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                ...headers,
            },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        return { status: answer.status, body: (await answer.json()) as T };
    }

    async register(number: string): Promise<Enrolled> {
        const { status, body } = await this.ask<Enrolled>("POST", "/v1/numbers", { number });
        if (status !== 201) throw new Error(`${number} was not registered: ${JSON.stringify(body)}`);
        return body;
    }

    /** Messages that wait for the number. */
    async waiting(number: string): Promise<number> {
        const { body } = await this.ask<{ backlog: { messages: number } }>(
            "GET",
            `/v1/numbers/${encodeURIComponent(number)}`,
        );
        return body.backlog.messages;
    }

    async receipt(id: string): Promise<Receipt> {
        return (await this.ask<Receipt>("GET", `/v1/messages/${id}`)).body;
    }

    /** Ends it, however it is, and removes its folder. */
    async close(): Promise<void> {
        await this.#end("SIGKILL");
        await Promise.all([this.mqtt.close(), this.http.close()]);
        rmSync(this.data, { recursive: true, force: true });
    }
}
