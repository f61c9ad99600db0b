// Both boards, in TypeScript: a button rings at a number. The LED is lit for three seconds when the gateway has accepted the message.
//
//     ESP board                     D0 (GPIO0) ----/ button ----------- GND   on most boards it is there: FLASH or BOOT
//                                          3V3 ----[ 220 ohm ]----|>|---- D2 (GPIO2)   LED, lit when low: on most boards it is there
//
// Write your number below. Try it with toque emulate --app device/examples/doorbell.ts
// What one flashes: toque build device/examples/doorbell.ts --board espruino (or nodemcu). The pins are in pins.espruino.ts and pins.nodemcu.ts.
import { after, light, onPress } from "./pins";

const TO = "+34600111222";
let waits = false;

function settled(why: string | undefined, id?: string): void {
    waits = false;
    if (why !== undefined) {
        print("doorbell: " + why);
        return;
    }
    print("doorbell: accepted as " + id);
    light(true);
    after(3000, () => light(false));
}

function ring(): void {
    if (waits) return; // people press twice, and buttons bounce
    const message = { to: TO, title: "Doorbell", body: "Someone is at the door", urgency: "high", ttl: 60 } as const;
    waits = toque.send(message, settled);
    if (!waits) print("doorbell: too much waits already");
}

light(false);
onPress(ring);
