import { conformance } from "./conformance.ts";
import { JAVASCRIPT, LUA, LUA_QUICK } from "./subjects.ts";

// What differs little from those of the short run: an ESP8266's chunks, a Lua whose integers no firmware has, and a Lua in JavaScript.
conformance([...JAVASCRIPT.slice(2), ...LUA.filter((subject) => !LUA_QUICK.includes(subject))]);
