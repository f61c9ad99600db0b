// A thread does not inherit the loader of its parent on Node 20: it registers its own, then goes on in TypeScript.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
