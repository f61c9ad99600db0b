import { changeAddresses } from "./address-changes.ts";

changeAddresses(8);
