#!/usr/bin/env node
// Runs the TypeScript sources as they are: tsx compiles each file when it is loaded, so nothing has to be built first.
import { register } from "tsx/esm/api";

register();
await import("../gateway/cli/main.ts");
