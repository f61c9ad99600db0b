import type { DeviceOptions, EmulatedDevice, Runtime } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";
import type { Enrolled } from "../support/gateway-client.ts";
import type { Subject } from "../runtimes/subjects.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { Ledger } from "./ledger.ts";

/** Longer than a board takes to come online on a busy machine. */
const ONLINE_MS = 30_000;

/** An emulated board with a number of its own. */
export class Board implements Enrolled {
    readonly number: string;
    readonly route: string;
    readonly secret: string;
    readonly device: EmulatedDevice;
    readonly #index: number;
    #turn = 0;

    constructor(enrolled: Enrolled, device: EmulatedDevice, index: number) {
        this.number = enrolled.number;
        this.route = enrolled.route;
        this.secret = enrolled.secret;
        this.device = device;
        this.#index = index;
    }

    /** How often it was online. */
    get times(): number {
        return this.device.states.filter(({ state }) => state === "online").length;
    }

    get isOnline(): boolean {
        return this.device.states.at(-1)?.state === "online";
    }

    /** Another address, one it did not have before. */
    async move(how: "announced" | "silent" = "announced"): Promise<void> {
        await this.device.setAddress(addressOf(this.#index, ++this.#turn), how);
    }

    /** Moves and waits until it is back. */
    async comeBack(): Promise<void> {
        const times = this.times;
        await this.move();
        await this.device.until(() => this.times > times && this.isOnline, ONLINE_MS);
    }
}

/** 127.10.0.1 and on: a block for each board. */
function addressOf(index: number, turn: number): string {
    return `127.${10 + (index % 200)}.${Math.floor(turn / 250)}.${1 + (turn % 250)}`;
}

/** Registers a number and starts its board, online when this resolves. */
export async function startBoard(
    gateway: GatewayProcess,
    runtime: Runtime,
    index: number,
    options: Partial<DeviceOptions> = {},
): Promise<Board> {
    const enrolled = await gateway.register(`+34600${String(100_000 + index)}`);
    const address = addressOf(index, 0);
    const device = await startDevice({ runtime, gateway: gateway.address, ...enrolled, address, ...options });
    const board = new Board(enrolled, device, index);
    if (options.startsDown !== true) await device.until(() => board.isOnline, ONLINE_MS);
    return board;
}

/** A gateway, its boards, and the books of what is published to them. */
export interface Scene {
    gateway: GatewayProcess;
    boards: readonly Board[];
    ledger: Ledger;
    close(): Promise<void>;
}

/** Starts a gateway and its boards, online unless they start down. @param environment of the gateway @param options of every board */
export async function setScene(
    subjects: readonly Pick<Subject, "runtime" | "options">[],
    options: Partial<DeviceOptions> = {},
    environment: Record<string, string> = {},
): Promise<Scene> {
    const gateway = await GatewayProcess.start(environment);
    const boards: Board[] = [];
    const close = async (): Promise<void> => {
        await Promise.all(boards.map(({ device }) => device.close()));
        await gateway.close();
    };
    try {
        for (const [index, { runtime, options: own }] of subjects.entries())
            boards.push(await startBoard(gateway, runtime, index, { ...options, ...own }));
    } catch (error) {
        await close();
        throw error;
    }
    return { gateway, boards, ledger: new Ledger(), close };
}

/**
 * Waits until each board has shown what was acknowledged to its number and the gateway has nothing left, lets all come back once more
 * to see that nothing is shown again. @returns what does not hold, a sentence each
 */
export async function settle({ gateway, ledger, boards }: Scene): Promise<string[]> {
    const missing = () => boards.flatMap((board) => ledger.missing(board.number, board.device));
    await eventually(
        () => `${missing().length} messages that were acknowledged are not shown, "${missing()[0]}" among them`,
        () => missing().length === 0,
        60_000,
    ).catch(() => undefined); // the ledger has which
    for (const { number } of boards) {
        await eventually(`nothing waits for ${number}`, async () => (await gateway.waiting(number)) === 0);
    }
    await Promise.all(boards.map((board) => board.comeBack()));
    return boards.flatMap((board) => ledger.faults(board.number, board.device));
}
