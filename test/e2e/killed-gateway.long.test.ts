import { killGateway } from "./killed-gateway.ts";
import { LONG } from "./lengths.ts";

killGateway(20 * LONG, 2_000 * LONG);
