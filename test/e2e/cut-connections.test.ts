import { cutConnections } from "./cut-connections.ts";

cutConnections(50, 8);
