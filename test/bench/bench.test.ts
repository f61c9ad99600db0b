import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketReader, publishPacket } from "./load/packets.ts";
import { bodyOf, Streams, writeNumber } from "./load/streams.ts";
import { markdownOf } from "./table.ts";

// What the bench's figures rest on. A check that cannot fail checks nothing: the load has to notice a server that loses, doubles or misplaces.

/** A server for one stream to board 7: it accepts each message, and shows it on these boards. */
function serve(boards: number[]): Streams {
    const streams: Streams = new Streams([7], (stream, number) => {
        const body = bodyOf(stream);
        writeNumber(body, number);
        setImmediate(() => {
            for (const board of boards) streams.shown(board, body, 0, body.length);
            streams.accepted(stream);
        });
    });
    return streams;
}

const SHOWN: [what: string, boards: number[], error: RegExp | undefined][] = [
    ["once", [7], undefined],
    ["twice", [7, 7], /Board 7 showed message 1 of stream 0, expected 1 of stream 0 once on board 7/],
    ["on another board", [8], /Board 8 showed message 1 of stream 0/],
];
for (const [what, boards, error] of SHOWN) {
    test(`bench: a message that is shown ${what} ${error === undefined ? "is counted" : "fails the run"}`, async () => {
        const run = serve(boards).run(3);
        if (error !== undefined) await assert.rejects(run, error);
        else assert.ok((await run).seconds > 0);
    });
}

test("bench: a run that lost a message fails, and names it", async () => {
    const streams = serve([]);
    const run = streams.run(1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.match(streams.progress(), /message 1 of stream 0 was not shown/);
    streams.fail(new Error("late"));
    await assert.rejects(run, /late/);
});

test("bench: packets are cut from any split of octets", () => {
    const packets = [publishPacket("in/a", 1, bodyOf(1)), publishPacket("in/b", 2, Buffer.alloc(200, 1))];
    const octets = Buffer.concat(packets);
    for (let split = 0; split <= octets.length; split++) {
        const lengths: number[] = [];
        const reader = new PacketReader((_first, _data, body, end) => lengths.push(end - body));
        reader.read(octets.subarray(0, split));
        reader.read(octets.subarray(split));
        assert.deepEqual(lengths, [packets[0]!.length - 2, packets[1]!.length - 3]);
    }
});

test("bench: a table has medians with their range, and the median of the runs' ratios", () => {
    const rows = [
        { load: "", server: "Toque", figures: { µs: [20, 90, 30] } },
        { load: "", server: "Mosquitto", figures: { µs: [10, 30, 10] } },
    ];
    const lines = markdownOf({ title: "T", note: "N.", compared: ["µs"], rows }, true).split("\n");
    assert.match(lines[4]!, /\| Toque +\| 30\.0 \(20\.0–90\.0\) +\| 3\.00 +\|/);
});
