/** What a BME280 measures. */
export interface Climate {
    /** °C, -40 to 85 */
    temperature: number;
    /** percent, 0 to 100 */
    humidity: number;
    /** hPa, 300 to 1100 */
    pressure: number;
}

/** Calibration as in the data sheet's example: T1 to T3, P1 to P9, H1 to H6. */
const T = [27504, 26435, -1000] as const;
const P = [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000] as const;
const H = [75, 362, 0, 313, 50, 30] as const;

/** The data sheet's formulas in floating point (BST-BME280-DS002, appendix 8.1): from what the converter reads to t_fine, hPa, percent. */
function fineOf(raw: number): number {
    return (raw / 16384 - T[0] / 1024) * T[1] + (raw / 131072 - T[0] / 8192) ** 2 * T[2];
}

function pressureOf(raw: number, fine: number): number {
    const x = fine / 2 - 64000;
    const y = ((x * x * P[5]) / 32768 + x * P[4] * 2) / 4 + P[3] * 65536;
    const z = (1 + ((P[2] * x * x) / 524288 + P[1] * x) / 524288 / 32768) * P[0];
    const p = ((1048576 - raw - y / 4096) * 6250) / z;
    return (p + ((P[8] * p * p) / 2147483648 + (p * P[7]) / 32768 + P[6]) / 16) / 100;
}

function humidityOf(raw: number, fine: number): number {
    const x = fine - 76800;
    const offset = H[3] * 64 + (H[4] / 16384) * x;
    const h = (raw - offset) * (H[1] / 65536) * (1 + (H[5] / 67108864) * x * (1 + (H[2] / 67108864) * x));
    return h * (1 - (H[0] * h) / 524288);
}

/** What the converter reads for a wanted value of a function that only rises, or only falls. */
function rawOf(is: (raw: number) => number, wanted: number, bits: number): number {
    const rises = is(2 ** bits - 1) > is(0);
    let low = 0;
    let high = 2 ** bits - 1;
    while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (is(middle) < wanted === rises) low = middle + 1;
        else high = middle;
    }
    return low;
}

/** A BME280 with these measurements, as its 256 registers. */
export class Bme280 {
    static readonly ADDRESS = 0x76;
    readonly registers: Buffer = Buffer.alloc(256);

    constructor({ temperature, humidity, pressure }: Climate) {
        const fits =
            temperature >= -40 &&
            temperature <= 85 &&
            humidity >= 0 &&
            humidity <= 100 &&
            pressure >= 300 &&
            pressure <= 1100;
        if (!fits)
            throw new Error("A BME280 measures -40 to 85 °C, 0 to 100 percent, 300 to 1100 hPa: give these three.");
        const all = this.registers;
        all[0xd0] = 0x60; // the chip's kind
        all.writeUInt16LE(T[0], 0x88);
        T.slice(1).forEach((value, i) => all.writeInt16LE(value, 0x8a + 2 * i));
        all.writeUInt16LE(P[0], 0x8e);
        P.slice(1).forEach((value, i) => all.writeInt16LE(value, 0x90 + 2 * i));
        all[0xa1] = H[0];
        all.writeInt16LE(H[1], 0xe1);
        all[0xe3] = H[2];
        all.set([H[3] >> 4, (H[3] & 15) | ((H[4] & 15) << 4), H[4] >> 4, H[5]], 0xe4);
        const rawT = rawOf((raw) => fineOf(raw) / 5120, temperature, 20);
        const fine = fineOf(rawT);
        const rawP = rawOf((raw) => pressureOf(raw, fine), pressure, 20);
        const rawH = rawOf((raw) => humidityOf(raw, fine), humidity, 16);
        all.writeUIntBE(rawP << 4, 0xf7, 3);
        all.writeUIntBE(rawT << 4, 0xfa, 3);
        all.writeUInt16BE(rawH, 0xfd);
    }

    line(): string {
        return `registers ${Bme280.ADDRESS} ${this.registers.toString("hex")}`;
    }
}
