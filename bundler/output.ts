import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A sentence about the sources, or about the disk: nothing else is to be shown. */
export class BuildError extends Error {}
