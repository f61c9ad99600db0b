import { killGateway } from "./killed-gateway.ts";
import { LONG } from "./lengths.ts";

// What the project promises, in some ten minutes: KILLS=200 MESSAGES=100000 BOARDS=50 npm run test:long -- killed-gateway
const { KILLS = 20 * LONG, MESSAGES = 2_000 * LONG, BOARDS = 0 } = process.env;

killGateway(Number(KILLS), Number(MESSAGES), Number(BOARDS));
