import assert from "node:assert/strict";
import { test } from "node:test";
import { clientKey } from "../../../gateway/limits/client-key.ts";

// RFC 4291 §2.2: one address has many spellings; the system gives one of them.
const NETWORKS: [address: string, network: string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::1", "0:0:0:0"],
    ["2001:db8:1:2::1", "2001:db8:1:2"],
    ["2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2"],
    ["2001:db8::5", "2001:db8:0:0"],
    ["2001:db8:1:3::1", "2001:db8:1:3"],
    ["fe80::1%eth0", "fe80:0:0:0"],
];
for (const [address, network] of NETWORKS) {
    test(`limits of an address: ${address} is counted as ${network}`, () => assert.equal(clientKey(address), network));
}
