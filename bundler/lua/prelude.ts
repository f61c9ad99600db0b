/** The functions of prelude.lua, by name. @param text of that file */
export function functionsOf(text: string): Map<string, string> {
    const functions = text.split(/\n\n(?=function )/).slice(1);
    return new Map(functions.map((lua) => [/^function (\w+)/.exec(lua)![1]!, lua.trim()]));
}
