import assert from "node:assert/strict";
import { test } from "node:test";
import { programs } from "../../../emulator/lua/start.ts";
import { LUAS } from "./bench.ts";
import { measureHeap } from "./measure.ts";

for (const { interpreter, skip } of LUAS.filter(({ interpreter }) => interpreter !== "fengari")) {
    test(`${interpreter}: the heap is measured, and the code is not in it`, { skip }, async () => {
        const heap = await measureHeap(interpreter);
        assert.ok(
            heap.loaded < heap.online && heap.online < 3 * programs().get("toque.lua")!.length,
            JSON.stringify(heap),
        );
    });
}
