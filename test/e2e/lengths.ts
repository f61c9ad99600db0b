/** What *.long.test.ts multiply their sizes with, which are those that the project promises. TOQUE_LONG=1: ten times as much. */
export const LONG = process.env.TOQUE_LONG === "1" ? 10 : 1;
