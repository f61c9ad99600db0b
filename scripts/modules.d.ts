declare module "luamin" {
    export function minify(lua: string): string;
    const luamin: { minify: typeof minify };
    export default luamin;
}

declare module "luaparse" {
    const luaparse: { parse(lua: string, options: { luaVersion: "5.1"; comments: boolean; ranges?: boolean }): unknown };
    export default luaparse;
}
