import { cutConnections } from "./cut-connections.ts";
import { LONG } from "./lengths.ts";

cutConnections(300 * LONG, 30 * LONG);
