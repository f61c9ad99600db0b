import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs, {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findTlsFiles, readTlsFiles } from "../../../gateway/tls/files.ts";
import { writeHomeAuthority } from "../../../gateway/tls/home-files.ts";
import { bundled } from "../../support/bundled.ts";

const [MODULE] = (await bundled(new URL("../../../gateway/tls/home-files.ts", import.meta.url))) as [string];
const MADE = {
    ca: { certificate: "the CA's certificate", key: "the CA's key" },
    gateway: { certificate: "the gateway's certificate", key: "the gateway's key" },
    caDer: "the CA's certificate for Espruino",
};
const FILES: [name: string, text: string, mode: number][] = [
    ["ca-key.pem", MADE.ca.key, 0o600],
    ["ca.der.base64", MADE.caDer, 0o644],
    ["ca.pem", MADE.ca.certificate, 0o644],
    ["cert.pem", MADE.gateway.certificate, 0o644],
    ["key.pem", MADE.gateway.key, 0o600],
];

function folder(t: TestContext): string {
    const data = mkdtempSync(join(tmpdir(), "toque-home-"));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    return data;
}

function assertWhole(data: string): void {
    const tls = join(data, "tls");
    assert.equal(statSync(tls).mode & 0o777, 0o700);
    const found = readdirSync(tls)
        .sort()
        .map((name) => [name, readFileSync(join(tls, name), "utf8"), statSync(join(tls, name)).mode & 0o777]);
    assert.deepEqual(found, FILES);
    assert.ok(readdirSync(tls).every((name) => lstatSync(join(tls, name)).isFile()));
}

test("tls init: rights are the same under every umask, and an empty folder of that name takes them on", (t) => {
    const script = `import { writeHomeAuthority } from ${JSON.stringify(MODULE)}; writeHomeAuthority(process.argv[1], ${JSON.stringify(MADE)});`;
    const words = ["--input-type=module", "-e", script];
    for (const umask of ["000", "022", "077", "177"]) {
        const data = folder(t);
        mkdirSync(join(data, "tls"));
        chmodSync(join(data, "tls"), 0o777);
        execFileSync("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", process.execPath, ...words, data]);
        assertWhole(data);
        assert.deepEqual(readdirSync(data), ["tls"]);
    }
});

/** What somebody has put there; nothing of it is followed, written over or removed. */
const PLANTED: [name: string, plant: (tls: string, precious: string) => void, sentence: RegExp][] = [
    [
        "a link at key.pem",
        (tls, precious) => (mkdirSync(tls), symlinkSync(precious, join(tls, "key.pem"))),
        /tls has no CA, but is not empty \(key\.pem\): move the folder away first, then run this again\.$/,
    ],
    [
        "a folder at key.pem",
        (tls) => mkdirSync(join(tls, "key.pem"), { recursive: true }),
        /is not empty \(key\.pem\): move the folder away first/,
    ],
    [
        "a CA's key without its certificate",
        (tls) => (mkdirSync(tls), writeFileSync(join(tls, "ca-key.pem"), "a key")),
        /is not empty \(ca-key\.pem\): move the folder away first/,
    ],
    [
        "a link that leads nowhere at ca.pem",
        (tls) => (mkdirSync(tls), symlinkSync("nowhere", join(tls, "ca.pem"))),
        /has a CA already, and boards may trust it\. Move the folder away first/,
    ],
    [
        "a link as the folder",
        (tls, precious) => symlinkSync(join(precious, ".."), tls),
        /tls is a link, where the CA's/,
    ],
    ["a link that leads nowhere as the folder", (tls) => symlinkSync("nowhere", tls), /tls is a link, where the CA's/],
    ["a file as the folder", (tls) => writeFileSync(tls, "x"), /tls is a file, where the CA's folder belongs: move it/],
];
for (const [name, plant, message] of PLANTED) {
    test(`tls init: ${name} is refused with what to do, and left as it is`, (t) => {
        const data = folder(t);
        mkdirSync(join(data, "elsewhere"));
        const precious = join(data, "elsewhere/precious");
        writeFileSync(precious, "precious", { mode: 0o644 });
        plant(join(data, "tls"), precious);
        const before = execFileSync("find", [data, "-printf", "%p %y %m %l\n"], { encoding: "utf8" });
        assert.throws(() => writeHomeAuthority(data, MADE), { name: "GatewayError", code: "invalid_request", message });
        assert.equal(execFileSync("find", [data, "-printf", "%p %y %m %l\n"], { encoding: "utf8" }), before);
        assert.equal(readFileSync(precious, "utf8"), "precious");
        rmSync(join(data, "tls"), { recursive: true });
        writeHomeAuthority(data, MADE);
        assertWhole(data);
    });
}

test("tls init: a link at the draft's name is removed, not followed", (t) => {
    const data = folder(t);
    mkdirSync(join(data, "elsewhere"));
    writeFileSync(join(data, "elsewhere/precious"), "precious");
    symlinkSync("elsewhere", join(data, ".tls-draft"));
    writeHomeAuthority(data, MADE);
    assertWhole(data);
    assert.deepEqual(readdirSync(join(data, "elsewhere")), ["precious"]);
});

test("tls init: cut short at any step, it leaves no half of a CA, ends with a sentence, and can be run again", (t) => {
    const calls = ["rmSync", "mkdirSync", "chmodSync", "openSync", "fchmodSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync"] as const; // prettier-ignore
    let [count, cutAt] = [0, Infinity];
    for (const name of calls) {
        const real = fs[name] as (...args: unknown[]) => unknown;
        t.mock.method(fs, name, (...args: unknown[]) => {
            if (count++ >= cutAt) throw Object.assign(new Error("no more"), { code: "ENOSPC" });
            return real(...args);
        });
    }
    syncBuiltinESMExports();
    t.after(() => {
        t.mock.restoreAll();
        syncBuiltinESMExports();
    });
    let cuts = 0;
    for (let at = 0; ; at++) {
        cutAt = Infinity;
        const data = folder(t);
        [count, cutAt] = [0, at];
        try {
            writeHomeAuthority(data, MADE);
            break; // there was no such step any more
        } catch (error) {
            assert.match(
                (error as Error).message,
                /tls cannot be written \(ENOSPC\): look at the space and the rights of/,
            );
            assert.equal((error as Error).name, "GatewayError");
        }
        cuts++;
        cutAt = Infinity;
        if (existsSync(join(data, "tls"))) assertWhole(data);
        else writeHomeAuthority(data, MADE);
        assertWhole(data);
        assert.deepEqual(readdirSync(data), ["tls"]);
    }
    assert.ok(cuts > 20, `${cuts} cuts`);
});

test("tls init: a data folder that can never be made is a sentence, not an endless try", (t) => {
    const file = join(folder(t), "file");
    writeFileSync(file, "");
    const message = /cannot be written \(E[A-Z]+\): look at the space and the rights of/;
    assert.throws(() => writeHomeAuthority(join(file, "data"), MADE), { name: "GatewayError", message });
    if (process.platform !== "linux") return;
    assert.throws(() => writeHomeAuthority("/proc/toque/data", MADE), { name: "GatewayError", message });
});

test("tls: a certificate that is there and cannot be looked at is a sentence, not a start without TLS", (t) => {
    const data = folder(t);
    assert.equal(findTlsFiles(data), undefined);
    mkdirSync(join(data, "tls"));
    assert.equal(findTlsFiles(data), undefined);
    symlinkSync("cert.pem", join(data, "tls/cert.pem"));
    const files = findTlsFiles(data);
    assert.ok(files !== undefined);
    assert.throws(() => readTlsFiles(files), { name: "GatewayError", message: /cannot be used: look at their names/ });
});
