import { killGateway } from "./killed-gateway.ts";

killGateway(4, 400);
