declare module "luamin" {
    export function minify(lua: string): string;
    const luamin: { minify: typeof minify };
    export default luamin;
}

declare module "luaparse" {
    interface Options {
        luaVersion: "5.1";
        comments: boolean;
        ranges?: boolean;
        scope?: boolean;
        onCreateNode?: (node: unknown) => void;
    }
    const luaparse: { parse(lua: string, options: Options): unknown };
    export default luaparse;
}
