/**
 * `npm run demo [-- --json] [--runtime …]`: the main job, end to end. A gateway in a process of its own on an empty store, two emulated
 * boards that run the very bundles one would flash, pushes by number over HTTP; an address changes, a board is away, the gateway is
 * killed with messages waiting. Exit 0 only if everything accepted was shown, once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildAll } from "../bundler/build.ts";
import type { EmulatedDevice, Runtime } from "./device.ts";
import { type TestGateway, startGateway } from "./library/gateway.ts";
import { RUNTIMES, startDevice } from "./start.ts";
import { Timeline } from "./timeline.ts";

/** Longer than the demo may take on a slow machine; then it ends with a sentence. */
const DEADLINE_MS = 120_000;
/** A board that was away comes back with its backoff: up to a few seconds. */
const BACK_MS = 20_000;

const USAGE = `npm run demo [-- --json] [--runtime ${RUNTIMES.join("|")}]`;

interface Board {
    name: string;
    number: string;
    address: string;
    device: EmulatedDevice;
}

interface Accepted {
    id: string;
    board: Board;
    sequence: number;
    body: string;
}

interface Options {
    json: boolean;
    runtime: Runtime | undefined;
}

function readOptions(): Options {
    try {
        const { values } = parseArgs({ options: { json: { type: "boolean" }, runtime: { type: "string" } } });
        if (values.runtime !== undefined && !RUNTIMES.includes(values.runtime as Runtime)) {
            throw new Error(`There is no runtime "${values.runtime}": use ${RUNTIMES.join(", ")}.`);
        }
        return { json: values.json === true, runtime: values.runtime as Runtime | undefined };
    } catch (error) {
        console.error(`${error instanceof Error ? error.message : String(error)}\nUse: ${USAGE}`);
        process.exit(2);
    }
}

class Demo {
    readonly #time: Timeline;
    readonly #runtimes: [Runtime, Runtime];
    readonly #data = mkdtempSync(join(tmpdir(), "toque-demo-"));
    readonly #accepted: Accepted[] = [];
    readonly #boards: Board[] = [];
    #gateway!: TestGateway;

    constructor(options: Options) {
        this.#time = new Timeline(options.json);
        const espruino = process.env.ESPRUINO === undefined ? "espruino-sim" : "espruino";
        this.#runtimes = options.runtime === undefined ? [espruino, "lua"] : [options.runtime, options.runtime];
    }

    async run(): Promise<boolean> {
        try {
            await this.#start();
            const [kitchen, garage] = this.#boards as [Board, Board];
            await this.#push(kitchen, "Doña Inés: Café €5 😀", "Doorbell");
            await this.#push(garage, "The garden gate is open");
            await this.#betweenBoards(garage, kitchen);
            await this.#newAddress(kitchen);
            await this.#whileAway(garage);
            await this.#restartWithBacklog(kitchen);
            await this.#receipt();
            return this.#sum();
        } finally {
            await this.end();
        }
    }

    async end(): Promise<void> {
        for (const { device } of this.#boards.splice(0)) await device.close();
        await this.#gateway?.stop();
        rmSync(this.#data, { recursive: true, force: true });
    }

    async #start(): Promise<void> {
        await buildAll(this.#runtimes.some((runtime) => runtime.startsWith("espruino")) ? ["espruino"] : []);
        if (this.#runtimes.includes("lua")) await buildAll(["nodemcu"]);
        this.#gateway = await startGateway({ data: this.#data });
        this.#time.note("gateway", "started", `boards on port ${this.#gateway.address.port}, store empty`);
        await this.#startBoard("kitchen", "+34 600 111 222", "127.0.0.11", this.#runtimes[0]);
        await this.#startBoard("garage", "+34 600 333 444", "127.0.0.21", this.#runtimes[1]);
    }

    async #startBoard(name: string, number: string, address: string, runtime: Runtime): Promise<void> {
        const registered = await this.#gateway.addNumber(number);
        this.#time.note("gateway", "registered", `${number} for the ${name} board: route ${registered.route}`);
        const device = await startDevice({ runtime, gateway: this.#gateway.address, ...registered, address });
        this.#boards.push({ name, number: registered.number, address, device });
        device.on("state", ({ state, why }) => this.#time.note(name, state, why ?? ""));
        device.on("push", (push) => {
            const text = Buffer.from(push.body, "latin1").toString("utf8");
            const title = push.title === undefined ? "" : `${Buffer.from(push.title, "latin1").toString("utf8")}: `;
            this.#time.note(name, "shown", `#${push.sequence} ${title}${text}`);
        });
        await this.#online(device);
        this.#time.note(name, "boots", `${runtime}, address ${address}`);
    }

    #online(device: EmulatedDevice, times = 1): Promise<void> {
        return device.until(({ states }) => states.filter(({ state }) => state === "online").length >= times, BACK_MS);
    }

    async #accept(board: Board, body: string, title?: string): Promise<Accepted> {
        const { id, sequence } = await this.#gateway.send(board.number, body, { title });
        const accepted = { id, board, sequence, body };
        this.#accepted.push(accepted);
        this.#time.note("sender", "accepted", `#${sequence} to ${board.number}: ${body}`);
        return accepted;
    }

    #shown({ board, sequence }: Accepted): Promise<void> {
        return board.device.until(({ shown }) => shown.some((push) => push.sequence === sequence), BACK_MS);
    }

    async #push(board: Board, body: string, title?: string): Promise<void> {
        await this.#shown(await this.#accept(board, body, title));
    }

    /** One board to another's number: the gateway knows who it was. */
    async #betweenBoards(from: Board, to: Board): Promise<void> {
        const before = to.device.shown.length;
        const body = "sent by a board, to a number";
        this.#time.note(from.name, "sends", `to ${to.number}: ${body}`);
        await from.device.say({ say: "msg", to: to.number, body });
        await to.device.until(({ shown }) => shown.length > before, BACK_MS);
        const push = to.device.shown[before]!;
        this.#accepted.push({ id: "", board: to, sequence: push.sequence, body });
        if (push.from !== from.number) throw new Error(`${from.number} sent it, but it came from ${push.from}.`);
    }

    async #newAddress(board: Board): Promise<void> {
        const address = "127.0.0.12";
        const times = board.device.states.filter(({ state }) => state === "online").length;
        this.#time.note(board.name, "address", `${board.address} → ${address}; nobody closes the old connection`);
        await board.device.setAddress(address);
        const waiting = await this.#accept(board, "sent at the moment the address changed");
        await this.#online(board.device, times + 1);
        await this.#shown(waiting);
        await this.#push(board, "sent to the new address");
        const { endpoint } = await this.#gateway.ask<{ endpoint: { address: string; why: string } }>(
            "GET",
            `/v1/numbers/${encodeURIComponent(board.number)}`,
        );
        this.#time.note("gateway", "endpoint", `${endpoint.address}, because: ${endpoint.why}`);
        if (endpoint.address !== address) throw new Error(`The gateway still has ${endpoint.address}.`);
    }

    async #whileAway(board: Board): Promise<void> {
        this.#time.note(board.name, "Wi-Fi", "gone");
        await board.device.linkDown();
        const sent: Accepted[] = [];
        for (const part of ["one", "two", "three"]) sent.push(await this.#accept(board, `while away, ${part}`));
        this.#time.note(board.name, "Wi-Fi", "back");
        await board.device.linkUp();
        for (const accepted of sent) await this.#shown(accepted);
    }

    async #restartWithBacklog(board: Board): Promise<void> {
        await board.device.linkDown();
        const sent = [await this.#accept(board, "before the gateway died"), await this.#accept(board, "and another")];
        this.#time.note("gateway", "killed", "with two messages waiting");
        await this.#gateway.stop("SIGKILL");
        this.#gateway = await startGateway({ data: this.#data, mqttPort: this.#gateway.address.port });
        this.#time.note("gateway", "started", "again, on the same store");
        await board.device.linkUp();
        for (const accepted of sent) await this.#shown(accepted);
        await this.#push(board, "after the restart");
    }

    async #receipt(): Promise<void> {
        const { id } = this.#accepted.find((accepted) => accepted.body.startsWith("while away"))!;
        const { state, history } = await this.#gateway.settled(id);
        if (state !== "delivered") throw new Error(`Message ${id} was shown, but its receipt is "${state}".`);
        this.#time.note("sender", "receipt", `#${id}: ${history.map(({ state }) => state).join(" → ")}`);
    }

    #sum(): boolean {
        let lost = 0;
        let shownTwice = 0;
        let shown = 0;
        for (const board of this.#boards) {
            const mine = this.#accepted.filter((accepted) => accepted.board === board);
            const seen = board.device.shown.map((push) => `${push.sequence} ${push.body}`);
            shown += seen.length;
            shownTwice += seen.length - new Set(seen).size;
            const octets = ({ sequence, body }: Accepted) =>
                `${sequence} ${Buffer.from(body, "utf8").toString("latin1")}`;
            lost += mine.filter((accepted) => !seen.includes(octets(accepted))).length;
        }
        this.#time.done({ accepted: this.#accepted.length, shown, lost, shownTwice });
        return lost === 0 && shownTwice === 0 && shown === this.#accepted.length;
    }
}

const demo = new Demo(readOptions());
const deadline = setTimeout(() => {
    console.error(`The demo did not end within ${DEADLINE_MS / 1000} s.`);
    void demo.end().finally(() => process.exit(1));
}, DEADLINE_MS);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void demo.end().finally(() => process.exit(1)));
}
try {
    process.exitCode = (await demo.run()) ? 0 : 1;
} catch (error) {
    console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
} finally {
    clearTimeout(deadline);
}
