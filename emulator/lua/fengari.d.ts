/** What is used of fengari, which has no types of its own. */
declare module "fengari" {
    /** A Lua string: octets. */
    type LuaString = Uint8Array;
    interface State {
        readonly brand: "lua_State";
    }
    export function to_luastring(text: string): LuaString;
    export const lua: {
        LUA_OK: number;
        LUA_REGISTRYINDEX: number;
        lua_pushcfunction(L: State, call: (L: State) => number): void;
        lua_setglobal(L: State, name: LuaString): void;
        lua_pushlstring(L: State, text: LuaString, octets: number): void;
        lua_tolstring(L: State, index: number): LuaString | null;
        lua_pcall(L: State, args: number, results: number, handler: number): number;
        lua_rawgeti(L: State, index: number, n: number): number;
        lua_pop(L: State, n: number): void;
    };
    export const lauxlib: {
        luaL_newstate(): State;
        luaL_loadbuffer(L: State, text: LuaString, octets: number, name: LuaString): number;
        luaL_ref(L: State, index: number): number;
    };
    export const lualib: { luaL_openlibs(L: State): void };
}
