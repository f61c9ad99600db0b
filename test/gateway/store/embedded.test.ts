import { runStoreSuite } from "../../contract/store.ts";
import { make, open, remove } from "../../support/embedded-store.ts";

const module = new URL("../../support/embedded-store.ts", import.meta.url);

runStoreSuite({ name: "embedded", factory: { module, make, open, remove } });
