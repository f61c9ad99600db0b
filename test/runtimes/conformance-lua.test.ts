import { conformance } from "./conformance.ts";
import { LUA } from "./subjects.ts";

conformance(LUA.filter(({ name }) => name !== "lua5.3"));
