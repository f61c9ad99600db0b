/**
 * What the examples of device/examples do, whatever they are written in: their wiring is the same on each firmware, so pins are named
 * by their GPIO here. Played by examples.test.ts in JavaScript.
 */
import assert from "node:assert/strict";
import type { DeviceOptions, EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningGateway, runGateway } from "../support/gateway.ts";

const LED = "GPIO2";
const BUTTON = "GPIO0";
const BUZZER = "GPIO14";
const RELAY = "GPIO5";

/** The number in the examples that send: a board on Node has it. */
const PERSON = "+34600111222";
const BOARD = "+34600333444";
const SOON_MS = 60_000;

interface Stage {
    gateway: RunningGateway;
    board: EmulatedDevice;
    person: EmulatedDevice;
    /** A message by number, over HTTP. @returns its id */
    send: (body: string, more?: object) => Promise<string>;
}

const octets = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const levels = (board: EmulatedDevice, pin: string): number[] => board.pin(pin).history.map(({ level }) => level);
const isOnline = ({ states }: EmulatedDevice): boolean => states.some(({ state }) => state === "online");

/** Sets a gateway, a person and a board with this application up. @param prepare what is wired to it before it starts */
async function onStage(
    options: Partial<DeviceOptions> & Pick<DeviceOptions, "runtime" | "app">,
    play: (stage: Stage) => Promise<void>,
    prepare: (board: EmulatedDevice) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
    const gateway = await runGateway();
    const boards: EmulatedDevice[] = [];
    const start = async (number: string, more: Partial<DeviceOptions>): Promise<EmulatedDevice> => {
        const registered = await gateway.register(number);
        const board = await startDevice({
            runtime: "host",
            gateway: gateway.address,
            ...registered,
            ...more,
            startsDown: true,
        });
        boards.push(board);
        return board;
    };
    try {
        const person = await start(PERSON, {});
        const board = await start(BOARD, options);
        await prepare(board);
        for (const each of [person, board]) {
            await each.linkUp();
            await each.until(isOnline, SOON_MS);
        }
        await play({
            gateway,
            board,
            person,
            send: async (body, more) => (await gateway.send(BOARD, body, more)).id,
        });
    } catch (error) {
        const screens = boards.map(({ runtime, screen }) => `${runtime}:\n  ${screen.join("\n  ")}`);
        throw new Error(`The screens of the person and the board:\n${screens.join("\n")}`, { cause: error });
    } finally {
        for (const board of boards) await board.close();
        await gateway.stop();
    }
}

/** A message, and what the display shows: words are wrapped, accents folded, other characters are "?". */
const SHOWN: [title: string | undefined, body: string, lines: string[]][] = [
    [
        "Ñandú",
        "¿Qué tal, señor Günther? Straße 5, naïve façade — done",
        ["Nandu", "?Que tal, senor", "Gunther? Strase 5,", "naive facade ? done"],
    ],
    [undefined, "x".repeat(50), ["Message", "x".repeat(21), "x".repeat(21), "x".repeat(8)]],
    ["More than its row has room for", "¡1 2 3!", ["More than its row has", "!1 2 3!"]],
];

type Options = Parameters<typeof onStage>[0];

/** Each example by the name of its file, and what is seen of it. */
export const EXAMPLES: Record<string, (options: Options) => Promise<void>> = {
    led: (options) =>
        onStage(options, async ({ board, gateway, send }) => {
            let beeps = 0;
            for (const [urgency, more] of [
                ["very-low", 0],
                ["low", 1],
                ["normal", 3],
                ["high", 8],
            ] as const) {
                const id = await send("a call", { urgency });
                const before = levels(board, LED).length;
                beeps += more;
                const sum = beeps;
                await board.until(
                    () =>
                        levels(board, BUZZER).filter((level) => level > 0 && level < 1).length === sum &&
                        board.pin(BUZZER).level === 0 &&
                        levels(board, LED)
                            .slice(before)
                            .filter((level) => level === 0).length > 0,
                    SOON_MS,
                );
                await board.press(BUTTON);
                await board.until(() => board.pin(LED).level === 1, SOON_MS);
                await eventually(
                    () => "the receipt is not read",
                    async () => (await gateway.receipt(id)).state === "read",
                );
                await board.release(BUTTON);
                assert.equal(board.pin(LED).level, 1, `${urgency}: it is read, so the LED stays off`);
            }
        }),

    display: (options) =>
        onStage(options, async ({ board, send }) => {
            for (const [title, body, lines] of SHOWN) {
                await send(body, { title });
                const all = lines.join("\n") + "\n".repeat(8 - lines.length);
                await board.until(() => board.display().lines.join("\n") === all, SOON_MS).catch(() => undefined);
                assert.equal(board.display().lines.join("\n"), all);
            }
        }),

    doorbell: (options) =>
        onStage(options, async ({ board, person, gateway }) => {
            const ring = async (): Promise<void> => {
                const before = board.pin(LED).history.length;
                await board.press(BUTTON);
                await board.until(() => board.pin(LED).history.length > before, SOON_MS); // a button bounces: it takes a moment
                await board.release(BUTTON);
            };
            await ring();
            await person.until(({ shown }) => shown.length === 1, SOON_MS);
            const [{ from, body, urgency }] = person.shown as [(typeof person.shown)[0]];
            assert.deepEqual([from, body, urgency], [BOARD, "Someone is at the door", "high"]);
            await board.until(() => board.pin(LED).history.length === 5, SOON_MS);
            const [off, dim, , lit, again] = levels(board, LED);
            assert.deepEqual([off, Number(dim) > 0.5, lit, again], [1, true, 0, 1], "dim, then lit: accepted");
            await gateway.ask("DELETE", `/v1/numbers/${encodeURIComponent(PERSON)}`);
            await ring();
            await board.until(() => levels(board, LED).filter((level) => level === 0).length > 5, SOON_MS);
        }),

    sensor: (options) =>
        onStage(
            options,
            async ({ board, person }) => {
                await person.until(({ shown }) => shown.length === 1, SOON_MS);
                await board.sensor({ temperature: -3.2, humidity: 87, pressure: 985 });
                await person.say({ say: "msg", to: BOARD, body: "?" });
                await person.until(({ shown }) => shown.length === 2, SOON_MS);
                assert.deepEqual(
                    person.shown.map(({ body, from }) => [body, from]),
                    [
                        ["21.5 C, 40 %, 1013 hPa", BOARD],
                        ["-3.2 C, 87 %, 985 hPa", BOARD],
                    ],
                );
            },
            (board) => board.sensor({ temperature: 21.5, humidity: 40, pressure: 1013 }),
        ),

    relay: (options) =>
        onStage(options, async ({ board, person, send }) => {
            assert.equal(board.pin(RELAY).level, 0, "off after a power cut");
            await send("on"); // from nobody: there is no answer
            for (const [body, level, answer] of [
                ["?", 1, "The relay is on"],
                ["off", 0, "The relay is off"],
                ["what", 0, undefined],
                ["on", 1, "The relay is on"],
            ] as const) {
                const before = person.shown.length;
                await person.say({ say: "msg", to: BOARD, body });
                if (answer === undefined) continue;
                await person.until(({ shown }) => shown.length > before, SOON_MS);
                assert.deepEqual([board.pin(RELAY).level, person.shown[before]?.body], [level, octets(answer)]);
            }
            assert.deepEqual(levels(board, RELAY), [0, 1, 0, 1]);
        }),
};
