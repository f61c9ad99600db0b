/** The pins of doorbell.ts and plant.ts on NodeMCU (ESP8266): `toque build --board nodemcu` takes this for "./pins". */
const LED = 4; // GPIO2
const BUTTON = 3; // GPIO0

/** The LED is lit when its pin is low. */
export function light(on: boolean): void {
    gpio.write(LED, on ? gpio.LOW : gpio.HIGH);
    gpio.mode(LED, gpio.OUTPUT);
}

export function onPress(call: (this: void) => void): void {
    gpio.mode(BUTTON, gpio.INT, gpio.PULLUP);
    gpio.trig(BUTTON, "down", call);
}

/** From 0 to 1. */
export function analog(): number {
    return adc.read(0) / 1024;
}

export function after(ms: number, call: (this: void) => void): void {
    tmr.create().alarm(ms, tmr.ALARM_SINGLE, call);
}

export function every(ms: number, call: (this: void) => void): void {
    tmr.create().alarm(ms, tmr.ALARM_AUTO, call);
}
