/** The pins of doorbell.ts and plant.ts on Espruino: `toque build --board espruino` takes this for "./pins". */
const LED = D2;
const BUTTON = D0;

/** The LED is lit when its pin is low. */
export function light(on: boolean): void {
    digitalWrite(LED, !on);
}

export function onPress(call: (this: void) => void): void {
    pinMode(BUTTON, "input_pullup");
    setWatch(call, BUTTON, { repeat: true, edge: "falling", debounce: 50 });
}

/** From 0 to 1. On an ESP32, write D36 in place of A0. */
export function analog(): number {
    return analogRead(A0);
}

export function after(ms: number, call: (this: void) => void): void {
    setTimeout(call, ms);
}

export function every(ms: number, call: (this: void) => void): void {
    setInterval(call, ms);
}
