import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Shape } from "../load/session.ts";
import { type Context, DETAILS, interleave, measureRun, withServer } from "../measure.ts";
import { Rows, type Table } from "../rows.ts";
import { findCommand, type Kind, makeFolder, removeFolder } from "../servers/server.ts";

const LOADS: Shape[] = [
    { by: "MQTT", boards: 16, publishers: 16, inflight: 4 },
    { by: "MQTT", boards: 1_000, publishers: 16, inflight: 64 },
];

const nameOf = ({ boards, publishers, inflight }: Shape) =>
    `${boards.toLocaleString("en")} boards, ${(publishers * inflight).toLocaleString("en")} under way`;

/** A server's first messages are slower: it compiles, and each board's first message makes what the later ones use. */
export function warmUpOf(boards: number, quick: boolean): number {
    return (quick ? 1_000 : 8_000) + 2 * boards;
}

/** Pushes by MQTT to boards that are online. */
export async function push(context: Context): Promise<Table> {
    const { kinds, toques, quick } = context;
    const messages = quick ? 4_000 : 20_000;
    const rows = new Rows();
    await interleave(context, kinds, "push", (kind) =>
        withServer(kind, {}, async (server, load) => {
            for (const shape of LOADS) {
                await load.call("open", shape);
                await load.call("run", warmUpOf(shape.boards, quick));
                rows.add(nameOf(shape), kind.name, await measureRun(server, load, messages));
                await load.call("close");
            }
        }),
    );
    if (findCommand("strace") === undefined)
        context.tell("skipped: strace is not installed, so flushes are not counted");
    else {
        for (const kind of toques) {
            context.tell(`push: flushes of ${kind.name}`);
            for (const shape of LOADS) {
                rows.add(nameOf(shape), kind.name, {
                    "messages a flush": await messagesPerFlush(shape, messages, kind, quick),
                });
            }
        }
    }
    return {
        title: "Push by MQTT",
        note: `${messages.toLocaleString("en")} messages of 64 octets a run, QoS 1 from the publisher and to the board, 16 publishers. A stream publishes its next message when the one before was accepted and shown.`,
        compared: ["server, µs", "messages a second"],
        details: DETAILS,
        rows: rows.all(),
    };
}

/** In a run of its own: strace stops the server at each flush, and only there. */
function messagesPerFlush(shape: Shape, messages: number, kind: Kind, quick: boolean): Promise<number> {
    const folder = makeFolder();
    const flushes = join(folder, "flushes");
    const count = () =>
        readFileSync(flushes, "utf8")
            .split("\n")
            .filter((line) => /sync\(/.test(line)).length;
    return withServer(kind, { flushes }, async (_, load) => {
        await load.call("open", shape);
        await load.call("run", warmUpOf(shape.boards, quick));
        const before = count();
        await load.call("run", messages);
        return messages / (count() - before);
    }).finally(() => removeFolder(folder));
}
