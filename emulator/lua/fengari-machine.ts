import { lauxlib, lua, lualib, to_luastring } from "fengari";
import type { BoardKind, LuaMachine, MachineListener } from "./machine.ts";
import { firmware } from "./machine.ts";

/** Lua in this process, in JavaScript. An event is handled before `post` returns, unless one is being handled. */
export function startFengari(kind: BoardKind, mac: string, listener: MachineListener): LuaMachine {
    const L = lauxlib.luaL_newstate();
    const queue: string[] = [];
    let busy = false;
    let closed = false;

    function fail(): never {
        throw new Error(`fengari: ${Buffer.from(lua.lua_tolstring(L, -1) ?? []).toString("latin1")}`);
    }

    lualib.luaL_openlibs(L);
    lua.lua_pushcfunction(L, () => {
        const line = Buffer.from(lua.lua_tolstring(L, 1) ?? []).toString("latin1");
        if (!closed) listener.line(line.split(" "));
        return 0;
    });
    lua.lua_setglobal(L, to_luastring("__write"));
    const source = Buffer.from(firmware(kind, mac, "F.write, __write = __write, nil", "return F.event"), "latin1");
    if (lauxlib.luaL_loadbuffer(L, source, source.length, to_luastring("=firmware")) !== lua.LUA_OK) fail();
    if (lua.lua_pcall(L, 0, 1, 0) !== lua.LUA_OK) fail();
    const handler = lauxlib.luaL_ref(L, lua.LUA_REGISTRYINDEX);

    function handle(line: string): void {
        const octets = Buffer.from(line, "latin1");
        lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, handler);
        lua.lua_pushlstring(L, octets, octets.length);
        if (lua.lua_pcall(L, 1, 0, 0) !== lua.LUA_OK) fail();
    }

    return {
        post(line) {
            queue.push(line);
            if (busy) return;
            busy = true;
            for (let next = queue.shift(); next !== undefined && !closed; next = queue.shift()) handle(next);
            busy = false;
        },
        settled: () => Promise.resolve(),
        close() {
            closed = true;
        },
    };
}
