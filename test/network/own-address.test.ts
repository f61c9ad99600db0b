import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { GATEWAY, Lab, LabGateway, whyNoLab } from "./lab.ts";

// The gateway's own address goes away while it runs, in a network namespace of the test's own.

const NEXT = "10.77.0.9";
const skip = whyNoLab();

interface Scene {
    gateway: LabGateway;
    /** Takes the interface's addresses away, and gives it another one. */
    change: (this: void, address?: string) => void;
    /** Whether a command succeeds in the gateway's or in the device's namespace. */
    works: (this: void, space: "gatewaySpace" | "deviceSpace", ...words: string[]) => Promise<boolean>;
    data: string;
}

async function play(host: string, act: (scene: Scene) => Promise<void>): Promise<void> {
    const lab = new Lab();
    try {
        const gateway = await LabGateway.start(lab, "--host", host);
        await act({
            gateway,
            data: join(lab.folder, "data"),
            change(address) {
                lab.run(lab.gatewaySpace, "ip", ["addr", "flush", "dev", "vg"]);
                if (address !== undefined)
                    lab.run(lab.gatewaySpace, "ip", ["addr", "add", `${address}/24`, "dev", "vg"]);
            },
            async works(space, ...words) {
                try {
                    lab.run(lab[space], process.execPath, words);
                    return true;
                } catch {
                    return false;
                }
            },
        });
    } finally {
        await lab.close();
    }
}

const HOSTS: [name: string, host: string, next: string][] = [
    ["the interface that --host names gets another one", "vg", NEXT],
    ["the one of --host comes back", GATEWAY, GATEWAY],
];
for (const [name, host, next] of HOSTS) {
    test(`own address: it goes away, and ${name}: boards and commands reach the gateway there`, { skip }, () =>
        play(host, async ({ gateway, change, works, data }) => {
            const program = `require("net").connect(${gateway.mqttPort}, "${next}", () => process.exit(0)).on("error", () => process.exit(1));
                setTimeout(() => process.exit(1), 2000)`;
            change();
            await eventually("its end is logged", () => gateway.log.includes("the address is gone from this machine"));
            change(next);
            await eventually("boards reach it", () => works("deviceSpace", "-e", program));
            await eventually("commands reach it", () =>
                works("gatewaySpace", "bin/toque.mjs", "status", "--data", data),
            );
            await eventually("it is logged", () => gateway.log.includes("can be reached again"));
        }),
    );
}

test("own address: of a gateway that listens on all of them, health is red while there is none", { skip }, () =>
    play("0.0.0.0", async ({ gateway, change }) => {
        const health = () => gateway.ask<{ status?: string; error?: { message: string } }>("GET", "/v1/health");
        assert.equal(health().status, "ok");
        change();
        await eventually("health is red", async () => /Boards cannot connect/.test(health().error?.message ?? ""));
        change(GATEWAY);
        await eventually("health is green", async () => health().status === "ok");
    }),
);
