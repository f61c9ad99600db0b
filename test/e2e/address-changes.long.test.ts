import { changeAddresses } from "./address-changes.ts";
import { LONG } from "./lengths.ts";

changeAddresses(50 * LONG);
