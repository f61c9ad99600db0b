import { run } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // `toque number list | head -1` has done its work; a gateway goes on, with its log on standard error
    if (process.argv[2] !== "serve") process.exit(0);
});
process.exitCode = await run(process.argv.slice(2));
