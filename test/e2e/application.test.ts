import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DeviceOptions, EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningGateway, runGateway } from "../support/gateway.ts";
import { withGenuine } from "./genuine.ts";

// `delivered` means that the application's own handler took the message: while an application does not run, messages wait.

/** Applications that do not run, and what the gateway learns of each. */
const BROKEN = {
    js: [
        ['throw "no display\\nat all";', /no display$/],
        ['require("no-such-module");', /no-such-module/],
        ['toque.on("mesage", print);', /toque\.on: the first argument is "message" or "state"$/],
        ["var x = 1;", /^none$/],
    ],
    lua: [
        ['error("no display\\nat all")', /no display$/],
        ["nobodyHasThis(4)", /nobodyHasThis/],
        ['require("toque").on("mesage", print)', /toque\.on: the first argument is "message" or "state"$/],
        ["x = 1", /^none$/],
    ],
} as const;
/** Shows each message in a line. */
const WORKS = {
    js: "toque.on('message', function (message) { print('shown ' + message.body); });",
    lua: "require('toque').on('message', function(message) print('shown ' .. message.body) end)",
};

interface View {
    online: boolean;
    capabilities?: { application: string };
}

let folder: string;
let gateway: RunningGateway;
before(async () => {
    folder = mkdtempSync(join(tmpdir(), "toque-application-"));
    gateway = await runGateway();
});
after(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
});

/** A board as a person flashed it. */
function flash(options: DeviceOptions, source: string): Promise<EmulatedDevice> {
    const app = join(folder, `${options.route}.app`);
    writeFileSync(app, source);
    return startDevice({ ...options, bare: true, app });
}

describe("an application that does not run", { concurrency: 4 }, () => {
    for (const [index, subject] of withGenuine("espruino-sim", "lua").entries()) {
        const { name, runtime } = subject;
        const language = runtime === "lua" ? "lua" : "js";

        test(
            `${name}: its messages wait, with the first line of its error, until one runs`,
            { timeout: 240_000 },
            async () => {
                const { number, route, secret } = await gateway.register(`+3460055500${index}`);
                const options = { runtime, ...subject.options, gateway: gateway.address, number, route, secret };

                /** Flashes the board anew, and does the work while it is online. */
                async function online(source: string, application: RegExp, work: (board: EmulatedDevice) => unknown) {
                    const board = await flash(options, source);
                    try {
                        let view: View | undefined;
                        await eventually(
                            () => `${String(application)}, but ${JSON.stringify(view)}: ${board.screen.join("\n")}`,
                            async () => {
                                view = await gateway.view<View>(number);
                                return view.online && application.test(view.capabilities?.application ?? "");
                            },
                            60_000,
                        );
                        await work(board);
                    } finally {
                        await board.close();
                    }
                    await eventually("offline", async () => !(await gateway.view<View>(number)).online);
                }

                const ids: string[] = [];
                for (const [source, error] of BROKEN[language]) {
                    await online(source, error, async (board) => {
                        ids.push((await gateway.send(number, `message ${ids.length + 1}`)).id);
                        const { body } = await gateway.ask<{ failing: { number: string; application: string }[] }>(
                            "GET",
                            "/v1/status",
                        );
                        assert.match(body.failing.find((board) => board.number === number)?.application ?? "", error);
                        if (String(error) !== "/^none$/")
                            assert.match(board.screen.join("\n"), new RegExp(error.source, "m"));
                    });
                }
                assert.equal(await gateway.waiting(number), ids.length);
                await online(WORKS[language], /^running$/, async (board) => {
                    await board.until(({ screen }) => ids.every((_, at) => screen.includes(`shown message ${at + 1}`)));
                    for (const id of ids) {
                        const ends = async () => (await gateway.receipt(id)).history.map(({ state }) => state).join();
                        await eventually("sent once", async () => (await ends()) === "accepted,sent,delivered");
                    }
                });
            },
        );
    }
});
