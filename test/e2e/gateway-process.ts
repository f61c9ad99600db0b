import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultProxy } from "../support/fault-proxy.ts";
import { GatewayClient } from "../support/gateway-client.ts";
import { pause } from "../support/eventually.ts";
import { type Served, serveToque, serveWords, spawnToque } from "../support/toque.ts";

/**
 * `toque serve` in a process of its own that can be killed and started again on the same folder. Clients reach it through two proxies, whose
 * ports stay; its own are others after each start, so that no client's connection can be in the way of a new start.
 */
export class GatewayProcess extends GatewayClient {
    readonly data = mkdtempSync(join(tmpdir(), "toque-e2e-"));
    readonly mqtt: FaultProxy;
    readonly http: FaultProxy;
    readonly #environment: Record<string, string>;
    #served: Served | undefined;

    private constructor(mqtt: FaultProxy, http: FaultProxy, environment: Record<string, string>) {
        super(`http://127.0.0.1:${http.port}`);
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

    get pid(): number {
        return this.#served!.child.pid!;
    }

    async start(): Promise<void> {
        this.#served = await serveToque([], this.data, this.#environment);
        this.token = this.#served.token;
        this.mqtt.target = this.#served.mqttPort;
        this.http.target = this.#served.httpPort;
    }

    /** Starts it for nobody, and kills it so soon that it may have opened its store, or not yet. */
    async killStarting(afterMs: number): Promise<void> {
        const { child, ended } = spawnToque(serveWords(this.data), this.#environment);
        await pause(afterMs);
        child.kill("SIGKILL");
        const { status, stderr } = await ended;
        if (status !== "SIGKILL") throw new Error(`The gateway did not start, but ended with ${status}: ${stderr}`);
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

    /** SIGKILL: it writes, sends and closes nothing more. */
    async kill(): Promise<void> {
        await this.#end("SIGKILL");
    }

    /** SIGTERM, and waits for its end. */
    async stop(): Promise<string> {
        return this.#end("SIGTERM");
    }

    /** Ends it, however it is, and removes its folder. */
    async close(): Promise<void> {
        await this.#end("SIGKILL");
        await Promise.all([this.mqtt.close(), this.http.close()]);
        rmSync(this.data, { recursive: true, force: true });
    }
}
