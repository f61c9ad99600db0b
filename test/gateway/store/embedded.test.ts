import assert from "node:assert/strict";
import { test } from "node:test";
import { runStoreSuite } from "../../contract/store.ts";
import { make, open, remove } from "../../support/embedded-store.ts";
import { withStore } from "../../support/store-for-tests.ts";

const module = new URL("../../support/embedded-store.ts", import.meta.url);

runStoreSuite({ name: "embedded", factory: { module, make, open, remove } });

test("ports: none has more than ten calls", () =>
    withStore(async (store) => {
        const sizes = Object.entries(store).map(
            ([port, calls]) => [port, Object.keys(calls as object).length] as const,
        );
        assert.ok(sizes.some(([port, calls]) => port === "backlog" && calls > 0));
        assert.deepEqual(
            sizes.filter(([, calls]) => calls > 10),
            [],
        );
    }));
