import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, type Surroundings, startGateway } from "../../gateway/app.ts";
import { type Config, type Flags, readConfig } from "../../gateway/config.ts";
import { createLog } from "../../gateway/system/log.ts";
import { GatewayClient } from "./gateway-client.ts";

/** A real gateway in this process, on ports and in a folder of its own. */
export interface RunningGateway extends GatewayClient {
    gateway: Gateway;
    config: Config;
    /** where boards connect */
    address: { host: string; port: number };
    /** lines of its log so far */
    lines: string[];
    /** Ends the gateway, starts it again on the same folder. */
    restart(): Promise<RunningGateway>;
    stop(): Promise<void>;
}

/** Starts a gateway; `stop` it when done: that removes its folder. */
export async function runGateway(flags: Flags = {}, given: Partial<Surroundings> = {}): Promise<RunningGateway> {
    const data = flags.data ?? mkdtempSync(join(tmpdir(), "toque-gateway-"));
    const config = readConfig({ mqttPort: "0", httpPort: "0", ...flags, data }, {});
    const lines: string[] = [];
    const log = createLog("info", { write: (line: string) => void lines.push(line) });
    const gateway = await startGateway(config, { log, ...given });
    const client = new GatewayClient(gateway.url, readFileSync(join(data, "admin-token"), "utf8").trim());
    return Object.assign(client, {
        gateway,
        config,
        address: { host: "127.0.0.1", port: gateway.mqttPort },
        lines,
        async restart() {
            await gateway.close();
            return runGateway({ ...flags, data }, given);
        },
        async stop() {
            await gateway.close();
            rmSync(data, { recursive: true, force: true });
        },
    });
}
