/**
 * `npm run hostile [-- --long] [-- NAME…]`: attacks a gateway on the loopback, one line for each attack with what was measured.
 * Exits with 1 when something did not hold. --long takes the better part of an hour.
 */
import { ATTACKS } from "./attacks.ts";
import { chooseSeed } from "../support/seeded.ts";
import { Verdict } from "./verdict.ts";

const words = process.argv.slice(2);
const unknown = words.find((word) => word !== "--long" && !ATTACKS.some(({ name }) => name === word));
if (unknown !== undefined) {
    console.error(
        `There is no attack "${unknown}": choose from ${ATTACKS.map(({ name }) => name).join(", ")}, or --long.`,
    );
    process.exit(2);
}
const scale = words.includes("--long") ? "long" : "command";
const named = words.filter((word) => word !== "--long");
process.env.TOQUE_SEED ??= `${chooseSeed()}`;
console.log(`seed ${process.env.TOQUE_SEED} (TOQUE_SEED repeats a run)`);

for (const attack of ATTACKS.filter(({ name }) => named.length === 0 || named.includes(name))) {
    const verdict = new Verdict(scale);
    const startMs = performance.now();
    try {
        await attack.run(scale, verdict);
    } catch (error) {
        verdict.must(false, `the attack itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const word = verdict.failures.length === 0 ? "holds" : "FAILS";
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    console.log(`${word}  ${attack.name.padEnd(12)} ${verdict.figures.join("; ")} (${seconds} s)`);
    for (const failure of verdict.failures) console.log(`       broken: ${failure}`);
    if (verdict.failures.length > 0) process.exitCode = 1;
}
process.exit(); // whatever an attack that failed half-way left behind
