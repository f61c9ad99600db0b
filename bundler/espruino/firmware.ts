/** The oldest Espruino that runs the program: in older ones its fields are not found again, or it is a SyntaxError. */
export const OLDEST = "2v21";

/** Whether a version such as "2v21.3" is older, as an expression that any Espruino understands: 2v21 is 221. @param version an expression, too */
export function isTooOld(version: string): string {
    return `parseInt(${version})*100+parseInt(${version}.substr(2))<${OLDEST.replace("v", "")}`;
}
