// Appends to a store whose files may not grow beyond what `ulimit -f` left them; prints what happened as one JSON line.
// bundled: fill-the-disk <folder>
import { GatewayError } from "../../gateway/error.ts";
import { openStore } from "../../gateway/store/open.ts";
import { append, messageOf, registrationOf, routeOf } from "./records.ts";

const [dir = ""] = process.argv.slice(2);
const store = await openStore({ dir });
await store.registrations.register(registrationOf(1)).catch(() => undefined);
const acknowledged: string[] = [];
const failures: string[] = [];
for (let round = 0; round < 400 && failures.length < 40; round++) {
    await Promise.all(
        Array.from({ length: 10 }, async () => {
            try {
                const placed = await append(
                    store,
                    messageOf(1, { body: "x".repeat(3_000), octets: 1, urgency: "high" }),
                );
                acknowledged.push(placed.id);
            } catch (error) {
                failures.push(error instanceof GatewayError ? `${error.code}: ${error.message}` : String(error));
            }
        }),
    );
}
const waiting = (await store.backlog.list(routeOf(1), 0, 5_000)).length;
await store.close();
console.log(JSON.stringify({ acknowledged, failures, waiting }));
