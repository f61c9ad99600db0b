/** Names that Espruino has of its own: the language's, the firmware's, and those a program and its application agree on. */
const words = (text: string): string[] => text.trim().split(/\s+/);

const PRESENT = new Set([
    ...words(`
        Object Function String Number Boolean Array Math JSON Date RegExp Promise Error TypeError SyntaxError ReferenceError
        InternalError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
        Uint24Array Float32Array Float64Array NaN Infinity undefined globalThis arguments
        eval parseInt parseFloat isNaN isFinite atob btoa encodeURIComponent decodeURIComponent`),
    ...words(`
        E Modules process global print console require exports module getTime setTime getSerial
        setTimeout setInterval clearTimeout clearInterval changeInterval setWatch clearWatch
        trace dump load save reset echo edit setBusyIndicator setSleepIndicator setDeepSleep
        pinMode getPinMode digitalRead digitalWrite digitalPulse analogRead analogWrite shiftOut
        peek8 peek16 peek32 poke8 poke16 poke32 Pin HIGH LOW LED LED1 LED2 LED3 BTN BTN1 BTN2
        Serial Serial1 Serial2 Serial3 SPI SPI1 SPI2 I2C I2C1 I2C2 OneWire Waveform Graphics StorageFile
        USB LoopbackA LoopbackB Telnet Terminal ESP8266 ESP32 NodeMCU`),
    "toque",
]);

/** Pins: A0, D13, and the like. */
const PIN = /^[A-H][0-9]{1,2}$/;

export function isPresent(name: string): boolean {
    return PRESENT.has(name) || PIN.test(name);
}
