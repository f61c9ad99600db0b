import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { DeviceOptions } from "../../emulator/device.ts";
import { acknowledged, nacked } from "./cases/pushes.ts";
import { idOf, puback, push, Stage } from "./stage.ts";
import { GENUINE_ESPRUINO, JAVASCRIPT, LUA } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

/** The first "slow" takes three seconds, and whatever a person does in them. */
const SLOW = `toque.on("message", function (message) {
    if (message.body !== "slow" || global.slow) return;
    global.slow = true;
    print("#busy");
    for (var end = getTime() + 3; getTime() < end; );
});`;

/** The first "much" takes more memory than an ESP8266 has. */
const MUCH = `toque.on("message", function (message) {
    if (message.body !== "much" || require("Storage").read("much")) return;
    require("Storage").write("much", "once");
    for (var much = []; ; ) much.push(much.length);
});`;

/** Leaves some 280 of the 1,600 variables. */
const LARGE = `var large = new Uint32Array(2700);
toque.on("message", function (message) {
    print("#got " + message.body);
});`;

/** A push during which the board restarts, by language. */
const POISON = {
    js: `toque.on("message", function (message) {
    if (message.body === "poison") E.reboot();
});`,
    lua: `require("toque").on("message", function(message) if message.body == "poison" then node.restart() end end)`,
};

/** Ends every timer, as applications do that know of no other, and takes the place of the first; and the bundle's own name for `Function`. */
const CLEARED = `toque.on("message", function (message) {
    if (message.body !== "clear") return;
    clearInterval();
    setInterval(function () {}, 60000);
    try { global["$"] = 0; } catch (error) {}
});`;

/** A stage whose board has this application behind the emulator's own. */
async function withApp(t: TestContext, subject: Subject, app: string): Promise<[Stage, Partial<DeviceOptions>]> {
    const folder = mkdtempSync(join(tmpdir(), "toque-app-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "app.js");
    writeFileSync(file, app);
    return [await Stage.set(t, subject), { app: file }];
}

for (const subject of GENUINE_ESPRUINO) {
    const { name, skip } = subject;
    test(
        `${name}: Ctrl-C while a handler runs: the connection is begun anew, and the push comes again`,
        { skip },
        async (t) => {
            const [stage, options] = await withApp(t, subject, SLOW);
            const peer = await stage.online(options);
            peer.send(push(1, "slow"));
            await stage.device.until(({ screen }) => screen.includes("#busy"));
            await stage.device.interrupt();
            await stage.device.until(({ screen }) => screen.some((line) => line.includes("Execution Interrupted")));
            peer.send(push(2, "found")); // whatever comes next
            const { peer: next } = await stage.accepted();
            await stage.deliver(next, push(1, "slow"));
            await stage.deliver(next, push(2, "after"));
            assert.deepEqual(stage.bodies, ["slow", "slow", "after"]);
        },
    );
}

const ESP8266 = GENUINE_ESPRUINO[1]!;

test(
    "out of memory: the board restarts with a sentence, and the push comes again",
    { skip: ESP8266.skip },
    async (t) => {
        const [stage, options] = await withApp(t, ESP8266, MUCH);
        const peer = await stage.online(options);
        let gone = false;
        stage.device.on("gone", () => (gone = true)); // the interpreter for this machine ends where a chip restarts
        peer.send(push(1, "much"));
        await stage.device.until(() => gone, 60_000);
        assert.ok(stage.device.screen.includes("toque: out of memory: the board restarts"));
        await stage.device.reboot();
        const { peer: next } = await stage.accepted();
        await stage.deliver(next, push(1, "much"));
        await stage.deliver(next, push(2, "after"));
    },
);

test(
    "a push that does not fit in what is free is nacked, and a smaller one shown",
    { skip: ESP8266.skip },
    async (t) => {
        const [stage, options] = await withApp(t, ESP8266, LARGE);
        const peer = await stage.online({ ...options, bare: true });
        peer.send(push(1, "x".repeat(900)), push(2, "small"));
        peer.send(puback(await nacked(peer, 1, "oversize")));
        await acknowledged(peer, idOf(push(1, "")));
        await acknowledged(peer, idOf(push(2, "")));
        await stage.device.until(({ screen }) => screen.includes("#got small"));
    },
);

for (const subject of [...GENUINE_ESPRUINO, ...LUA]) {
    const { name, skip } = subject;
    test(
        `${name}: a push during which the board restarts three times is nacked, and the next one shown`,
        { skip },
        async (t) => {
            const [stage, options] = await withApp(t, subject, POISON[subject.runtime === "lua" ? "lua" : "js"]);
            await stage.start(options);
            let gone = 0;
            stage.device.on("gone", () => gone++);
            for (let boot = 1; boot <= 3; boot++) {
                const { peer } = await stage.accepted();
                peer.send(push(1, "poison"));
                await stage.device.until(() => gone === boot);
                await stage.device.reboot();
            }
            const { peer } = await stage.accepted();
            peer.send(push(1, "poison"), push(2, "cure"));
            peer.send(puback(await nacked(peer, 1, "restarted")));
            await acknowledged(peer, idOf(push(1, "")));
            await acknowledged(peer, idOf(push(2, "")));
            assert.deepEqual(stage.bodies, ["poison", "poison", "poison", "cure"]);
        },
    );
}

for (const subject of [...JAVASCRIPT.slice(1), ...GENUINE_ESPRUINO]) {
    const { name, skip } = subject;
    test(`${name}: an application that ends every timer does not end the device's`, { skip }, async (t) => {
        const [stage, options] = await withApp(t, subject, CLEARED);
        const peer = await stage.online({ ...options, keepAliveS: 15 });
        await stage.deliver(peer, push(1, "clear"));
        await peer.receive("pingreq");
        await stage.deliver(peer, push(2, "after"));
    });
}
