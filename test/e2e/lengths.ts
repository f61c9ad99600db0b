/** TOQUE_LONG=1: the same tests, ten times as long. The sizes without it are those that the project promises. */
export const LONG = process.env.TOQUE_LONG === "1" ? 10 : 1;
