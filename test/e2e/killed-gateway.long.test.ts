import { killGateway } from "./killed-gateway.ts";
import { LONG } from "./lengths.ts";
import { slowFlush } from "./slow-flush.ts";

// What the project promises: KILLS=200 MESSAGES=100000 BOARDS=50 npm run test:long -- killed-gateway
const { KILLS = 20 * LONG, MESSAGES = 2_000 * LONG, BOARDS = 0 } = process.env;

killGateway(Number(KILLS), Number(MESSAGES), { many: Number(BOARDS) });
// Most of them are killed while a commit is under way.
killGateway(6 * LONG, 300 * LONG, { environment: slowFlush(50, 500) });
