import type { BacklogStore } from "./backlog.ts";
import type { CodeStore } from "./codes.ts";
import type { ContactStore } from "./contacts.ts";
import type { ReceiptStore } from "./receipts.ts";
import type { Recipients, RegistrationStore } from "./registrations.ts";
import type { SettingStore } from "./settings.ts";
import type { TokenStore } from "./tokens.ts";
import type { Upkeep } from "./upkeep.ts";

/**
 * What outlives the gateway, as ports of a few calls each; a user takes only those that it needs: `Pick<Store, "backlog" | "receipts">`.
 * Every promise resolves after the commit that holds its write is on the disk; calls that arrive together are committed together, each
 * succeeding or failing alone, and in the order in which they were made. Rejections are GatewayError("unavailable") for a store that cannot write.
 * `test/contract/store.ts` is the suite that every implementation passes.
 */
export interface Ports {
    registrations: RegistrationStore;
    contacts: ContactStore;
    backlog: BacklogStore;
    receipts: ReceiptStore;
    codes: CodeStore;
    tokens: TokenStore;
    settings: SettingStore;
    upkeep: Upkeep;
}

/** A store as it is implemented. */
export interface PlainStore extends Ports {
    close(): Promise<void>;
}

/** A store as the gateway uses it: with a memory of what every message needs (store/remember.ts). */
export interface Store extends PlainStore {
    recipients: Recipients;
}
