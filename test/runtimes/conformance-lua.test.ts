import { conformance } from "./conformance.ts";
import { LUA_QUICK } from "./subjects.ts";

conformance(LUA_QUICK);
