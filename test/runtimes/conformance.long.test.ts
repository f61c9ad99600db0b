import { conformance } from "./conformance.ts";
import { JAVASCRIPT, LUA } from "./subjects.ts";

// What differs little from those of the short run: an ESP8266's chunks, and a Lua whose integers no firmware has.
conformance([...JAVASCRIPT.slice(2), ...LUA.filter(({ name }) => name === "lua5.3")]);
