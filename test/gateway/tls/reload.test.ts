import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import type { Listener } from "../../../gateway/aedes/listener.ts";
import { createLog } from "../../../gateway/system/log.ts";
import { createHomeAuthority, type HomeAuthority } from "../../../gateway/tls/authority.ts";
import { readTlsFiles, watchTlsFiles } from "../../../gateway/tls/files.ts";
import { openDoor, ROUTE, type Door } from "../aedes/door.ts";
import { ACCEPTED, connectAs, PINGREQ, PINGRESP } from "../aedes/packets.ts";

// Somebody renews a certificate and writes its two files one after the other, slowly, or wrongly.

const FOLDER = mkdtempSync(join(tmpdir(), "toque-reload-"));
const files = { certificate: join(FOLDER, "cert.pem"), key: join(FOLDER, "key.pem") };
const lines: string[] = [];
let first: HomeAuthority;
let second: HomeAuthority;
let door: Door;
let listener: Listener;
let unwatch = () => {};
before(async () => {
    first = await createHomeAuthority(["127.0.0.1"], Date.now());
    second = await createHomeAuthority(["127.0.0.1"], Date.now());
    writeFileSync(files.certificate, first.gateway.certificate);
    writeFileSync(files.key, first.gateway.key);
    door = await openDoor();
    listener = await door.connections.listen({ host: "127.0.0.1", port: 0, tls: readTlsFiles(files) });
    const log = createLog("info", { write: (line: string) => void lines.push(line) });
    unwatch = watchTlsFiles(files, (material) => listener.reload(material), log, 20);
    // until it has seen them as they are, and sees a change
    for (let touched = 1; lines.length === 0; touched++) {
        utimesSync(files.certificate, touched, touched);
        for (let looks = 0; looks < 100 && lines.length === 0; looks++) await sleep(10);
    }
});
after(async () => {
    unwatch();
    await door.shut();
    rmSync(FOLDER, { recursive: true, force: true });
});

/** A handshake. @returns its socket, and which authority the gateway's certificate is of */
async function shake(): Promise<{ socket: TLSSocket; of: string }> {
    const ca = [first.ca.certificate, second.ca.certificate];
    const socket = connect({ host: "127.0.0.1", port: listener.port, ca });
    await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    const { raw } = socket.getPeerCertificate();
    const shown = `-----BEGIN CERTIFICATE-----${raw.toString("base64")}-----END CERTIFICATE-----`;
    const same = (pem: string) => pem.replaceAll(/\s/g, "") === shown.replaceAll(/\s/g, "");
    return {
        socket,
        of: same(first.gateway.certificate) ? "first" : same(second.gateway.certificate) ? "second" : "?",
    };
}

/** Does something to the files. @returns the log's line about it */
async function change(act: () => void): Promise<string> {
    const before = lines.length;
    act();
    for (let waitedMs = 0; lines.length === before; waitedMs += 10) {
        assert.ok(waitedMs < 5_000, "the log is silent");
        await sleep(10);
    }
    return lines[before]!;
}

const half = (text: string) => text.slice(0, text.length / 2);
const write = (file: keyof typeof files, text: string) => () => writeFileSync(files[file], text);
const ec = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

/** What is done to the files, one thing after the other, and whose certificate is shown from then on. */
const STEPS: [name: string, act: () => () => void, of: "first" | "second", taken: boolean][] = [
    [
        "the new certificate is half written",
        () => write("certificate", half(second.gateway.certificate)),
        "first",
        false,
    ],
    [
        "it is whole, and the key is still the old one",
        () => write("certificate", second.gateway.certificate),
        "first",
        false,
    ],
    ["the new key is half written", () => write("key", half(second.gateway.key)), "first", false],
    ["the new key is whole", () => write("key", second.gateway.key), "second", true],
    ["the key is emptied", () => write("key", ""), "second", false],
    ["the key is one of another kind", () => write("key", ec() as string), "second", false],
    ["the key is no key", () => write("key", "now and then\n"), "second", false],
    ["the key is the old one's", () => write("key", first.gateway.key), "second", false],
    ["the certificate is removed", () => () => rmSync(files.certificate), "second", false],
    ["there is a folder in its place", () => () => mkdirSync(files.certificate), "second", false],
    [
        "the old certificate is moved there",
        () => () => {
            rmSync(files.certificate, { recursive: true });
            writeFileSync(join(FOLDER, "next"), first.gateway.certificate);
            renameSync(join(FOLDER, "next"), files.certificate);
        },
        "first",
        true,
    ],
    [
        "a chain that is cut in its second certificate",
        () => write("certificate", first.gateway.certificate + "\n" + half(first.ca.certificate)),
        "first",
        false,
    ],
    [
        "a whole chain",
        () => write("certificate", `${first.gateway.certificate}\n${first.ca.certificate}\n`),
        "first",
        true,
    ],
];

test("TLS, reload: whatever the files are on their way, the last good ones are shown, and the log reports it", async (t) => {
    const old = (await shake()).socket;
    let answers = 0;
    old.on("data", (octets: Buffer) => (answers += octets.length)).write(connectAs(ROUTE));
    for (const [name, act, of, taken] of STEPS) {
        await t.test(name, async () => {
            const line = JSON.parse(await change(act())) as { level: string; msg: string; error?: { message: string } };
            if (taken) assert.deepEqual([line.level, line.msg], ["info", "new TLS certificate"]);
            else {
                assert.deepEqual(
                    [line.level, line.msg],
                    ["warn", "the TLS certificate changed, and is of no use: the one before stays"],
                );
                assert.match(line.error?.message ?? "", /^The certificate .+ cannot be used: look at .+ together\.$/);
            }
            const now = await shake();
            now.socket.destroy();
            assert.equal(now.of, of);
        });
    }
    assert.doesNotMatch(lines.join(""), /BEGIN|MII/);
    old.write(PINGREQ);
    while (answers < ACCEPTED.length + PINGRESP.length) await sleep(5);
    old.destroy();
});

test("TLS, reload: after the end of watching nothing is reported", async () => {
    unwatch();
    const before = lines.length;
    writeFileSync(files.certificate, second.gateway.certificate);
    writeFileSync(files.key, second.gateway.key);
    await sleep(300); // fifteen looks
    assert.equal(lines.length, before);
    const { socket, of } = await shake();
    socket.destroy();
    assert.equal(of, "first");
});

test("TLS: a key of another kind than the certificate's is refused at the start", () => {
    writeFileSync(join(FOLDER, "ec.pem"), ec());
    writeFileSync(join(FOLDER, "rsa.pem"), first.gateway.certificate);
    const mixed = { certificate: join(FOLDER, "rsa.pem"), key: join(FOLDER, "ec.pem") };
    assert.throws(() => readTlsFiles(mixed), { code: "invalid_request", message: /whether they belong together\.$/ });
});
