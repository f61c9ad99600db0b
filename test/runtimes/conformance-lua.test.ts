import { conformance } from "./conformance.ts";
import { LUA } from "./subjects.ts";

conformance(LUA);
