import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { withGenuine } from "../e2e/genuine.ts";
import { type RunningGateway, runGateway } from "../support/gateway.ts";

// The examples in TypeScript, built for each board from one source, and flashed as built.

const FOLDER = fileURLToPath(new URL("../../device/examples/", import.meta.url));
/** The number in the examples: a board on Node has it. */
const PERSON = "+34600111222";
const LED = "GPIO2";
const BUTTON = "GPIO0";
const SOON_MS = 60_000;

const levels = (board: EmulatedDevice): number[] => board.pin(LED).history.map(({ level }) => level);
const isOnline = ({ states }: EmulatedDevice): boolean => states.some(({ state }) => state === "online");

let gateway: RunningGateway;
let person: EmulatedDevice;
before(async () => {
    gateway = await runGateway();
    person = await startDevice({ runtime: "host", gateway: gateway.address, ...(await gateway.register(PERSON)) });
    await person.until(isOnline, SOON_MS);
});
after(async () => {
    await person.close();
    await gateway.stop();
});

/** What the board with this number sent to the person. */
const sentBy = (number: string): string[] =>
    person.shown.filter(({ from }) => from === number).map(({ title, body }) => `${title}: ${body}`);

describe("examples in TypeScript", () => {
    for (const [index, { name, runtime, options }] of withGenuine("espruino-sim", "lua").entries()) {
        /** Flashes an example, plays with it, and ends it. @param prepare what is wired to it before it starts */
        const play = async (
            number: string,
            app: string,
            prepare: (board: EmulatedDevice) => Promise<void>,
            act: (board: EmulatedDevice) => Promise<void>,
        ): Promise<void> => {
            const registered = await gateway.register(number);
            const where = { gateway: gateway.address, ...registered, startsDown: true };
            const board = await startDevice({ runtime, ...options, ...where, app: FOLDER + app });
            try {
                await prepare(board);
                await board.linkUp();
                await board.until(isOnline, SOON_MS);
                await act(board);
            } catch (error) {
                throw new Error(`${number}:\n  ${board.screen.join("\n  ")}`, { cause: error });
            } finally {
                await board.close();
            }
        };

        test(`${name}: doorbell.ts rings, and its LED is lit for a while when that was accepted`, () => {
            const number = `+3460033340${index}`;
            const act = async (board: EmulatedDevice): Promise<void> => {
                await board.press(BUTTON);
                await person.until(() => sentBy(number).length === 1, SOON_MS);
                assert.deepEqual(sentBy(number), ["Doorbell: Someone is at the door"]);
                await board.until(() => levels(board).length === 3, SOON_MS);
                assert.deepEqual(levels(board), [1, 0, 1]);
            };
            return play(number, "doorbell.ts", () => Promise.resolve(), act);
        });

        test(`${name}: plant.ts tells when it is dry, and answers`, () => {
            const number = `+3460033350${index}`;
            const dry = (board: EmulatedDevice): Promise<void> => board.analog("A0", 2.376);
            const act = async (board: EmulatedDevice): Promise<void> => {
                await person.until(() => sentBy(number).length === 1, SOON_MS);
                await board.analog("A0", 1.584);
                await person.say({ say: "msg", to: number, body: "?" });
                await person.until(() => sentBy(number).length === 2, SOON_MS);
                assert.deepEqual(sentBy(number), ["Plant: Moisture: 20 %", "Plant: Moisture: 80 %"]);
            };
            return play(number, "plant.ts", dry, act);
        });
    }
});
