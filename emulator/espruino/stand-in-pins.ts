/** Most pins that a board has: an ESP32's D0 to D39. */
const PINS = 40;

/** Octets of numbers, texts, arrays of them, and `{data, count}`, as `E.toUint8Array` flattens them. */
export function toUint8Array(...values: unknown[]): Uint8Array {
    const octets = (value: unknown): number[] => {
        if (typeof value === "string") return [...Buffer.from(value, "latin1")];
        if (typeof value !== "object" || value === null) return [Number(value) & 255];
        const { data, count, length } = value as { data?: unknown; count?: number; length?: number };
        if (length !== undefined) return Array.from(value as ArrayLike<unknown>).flatMap(octets);
        return Array.from({ length: count ?? 1 }).flatMap(() => octets(data));
    };
    return Uint8Array.from(values.flatMap(octets));
}

/**
 * What the firmware has by name for pins and buses: a pin is a number that prints as its name. hands.js puts an emulated board behind
 * them, so each board has classes of its own.
 */
export function pinGlobals(): Record<string, unknown> {
    class Pin {
        readonly #gpio: number;

        constructor(gpio: number) {
            this.#gpio = gpio;
        }

        valueOf(): number {
            return this.#gpio;
        }

        toString(): string {
            return `D${this.#gpio}`;
        }
    }
    class I2C {
        setup(): void {}
    }
    const pins = Array.from({ length: PINS }, (_, gpio) => [`D${gpio}`, new Pin(gpio)] as const);
    return { Pin, I2C, I2C1: new I2C(), I2C2: new I2C(), HIGH: 1, LOW: 0, ...Object.fromEntries(pins) };
}
