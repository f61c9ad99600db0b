import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { runToque, serveToque, type Served } from "../support/toque.ts";
import type { Runtime } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";

// `toque tls init`, `toque serve`, and boards that trust the CA it made; all of it as a person would run it.

const NUMBER = "+34600111222";
const data = mkdtempSync(join(tmpdir(), "toque-tls-"));
const other = mkdtempSync(join(tmpdir(), "toque-tls-other-"));
let gateway: Served;

const ca = (folder: string): string => readFileSync(join(folder, "tls/ca.pem"), "utf8");

before(async () => {
    for (const folder of [data, other]) {
        const made = await runToque(["tls", "init", "--data", folder, "--name", "gateway.test", "127.0.0.1"]);
        assert.equal(made.status, 0, made.stderr);
    }
    gateway = await serveToque(["--tls-port", "0"], data);
});

after(async () => {
    await gateway.stop();
    for (const folder of [data, other]) rmSync(folder, { recursive: true, force: true });
});

const RUNTIMES: [Runtime, string | false][] = [
    ["host", false],
    ["espruino-sim", false],
    ["espruino", process.env.ESPRUINO === undefined ? "ESPRUINO is not set: genuine Espruino interpreter" : false],
];

for (const [runtime, skip] of RUNTIMES) {
    test(`a push over TLS reaches ${runtime}`, { skip }, async () => {
        const { route, secret } = await gateway.register(NUMBER);
        const at = { host: "127.0.0.1", port: gateway.tlsPort! };
        const device = await startDevice({ runtime, gateway: at, route, secret, ca: ca(data) });
        try {
            await device.until(({ states }) => states.some(({ state }) => state === "online"), 20_000);
            await gateway.send(NUMBER, `sealed, to ${runtime}`);
            await device.until(({ shown }) => shown.some(({ body }) => body === `sealed, to ${runtime}`));
        } finally {
            await device.close();
        }
    });
}

for (const runtime of ["host", "espruino-sim"] as const) {
    test(`${runtime} does not talk to a gateway that another CA vouches for`, async () => {
        const { route, secret } = await gateway.register(NUMBER);
        const at = { host: "127.0.0.1", port: gateway.tlsPort! };
        const device = await startDevice({ runtime, gateway: at, route, secret, ca: ca(other) });
        try {
            await device.until(({ states }) => states.some(({ state }) => state === "waiting"));
            assert.ok(!device.states.some(({ state }) => state === "connecting"));
        } finally {
            await device.close();
        }
    });
}

test("a new certificate is used without a restart", { timeout: 30_000 }, async () => {
    const subject = () =>
        new Promise<boolean>((resolve, reject) => {
            const socket = connect({
                host: "127.0.0.1",
                port: gateway.tlsPort!,
                ca: ca(other),
                checkServerIdentity: () => undefined,
            });
            socket.on("secureConnect", () => {
                socket.destroy();
                resolve(true);
            });
            socket.on("error", (error: NodeJS.ErrnoException) =>
                /SIGNATURE|CERT|VERIFY/i.test(error.code ?? "") ? resolve(false) : reject(error),
            );
        });
    assert.equal(await subject(), false, "it is the first CA's");
    copyFileSync(join(other, "tls/key.pem"), join(data, "tls/key.pem"));
    copyFileSync(join(other, "tls/cert.pem"), join(data, "tls/cert.pem"));
    await eventually("the other CA's certificate", subject);
});
