/**
 * Toque on NodeMCU (ESP32, ESP8266): `toque.lua` is the bundle of this file, and `init.lua` runs it.
 *
 * It reads its settings from flash, joins the Wi-Fi, registers with the gateway and hands each push message to the global
 * function `onPush(message)`. The application that defines it is the file `toque-app.lua` (or `.lc`), which `init.lua` runs before
 * this one. Without it the messages are printed; if it does not run, they wait at the gateway:
 *
 *     function onPush(message) print(message.sequence, message.title, message.body) end
 *
 * A message has `sequence`, `body`, and where the sender gave them `title`, `urgency`, `from` and `collapseKey`; text is octets of
 * UTF-8. When the handler returns, the message is delivered; when it throws, it is called again, twice. The global `toque`:
 *
 *     toque.say("read", '{"n":' .. message.sequence .. "}")       the person has read it; toque-say.lua has the rest
 *     toque.save("config", '{"host":"192.168.1.5","port":1883,"ssid":"…","password":"…","number":"+34…","code":"…"}')
 *
 * What is saved is used after the next restart. It is compact JSON.
 */
import { readFields } from "../../shared/push/fields.ts";
import { PACKET_OCTETS } from "../../shared/push/limits.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, report, say } from "../drive.ts";
import { nowMs, readUs } from "./clock.ts";
import { load, save } from "./flash.ts";
import { watchLink } from "./link.ts";
import { perform } from "./platform.ts";
import { wires } from "./wires.ts";

/** A boot's number: larger ones do not fit in a float of 32 bits. */
const BOOTS = 16777215;

function readSlot(name: string): unknown {
    return readFields(load(name));
}

function main(): void {
    const settings = readSlot("config") as Settings | undefined;
    toque = { save: (name, json) => save(name, json) };
    if (settings === undefined) {
        print("toque: no settings: toque.save them, and restart");
        return;
    }
    math.randomseed(node.random === undefined ? readUs() : node.random(0, BOOTS));
    const device = createDevice(
        {
            nowMs: () => nowMs(),
            perform: (request) => perform(request),
            chip: string.gsub(wifi.sta.getmac(), "%W", ""),
            packetOctets: PACKET_OCTETS,
            window: 1,
            boot: math.random(0, BOOTS),
            random: (span) => math.random(0, span - 1),
        },
        settings,
        readSlot("credentials") as Credentials | undefined,
        readSlot("session") as Memory | undefined,
    );
    wires.settings = settings;
    wires.report = (input) => report(device, input);
    toque.say = (topic, payload, done) => say(device, topic, payload, done);
    watchLink();
}

main();
