import { connect } from "../../gateway/aedes/packets.ts";
import { byScale, Durations, type Attack, type Scale, type Verdict } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { WireClient } from "../wire-client.ts";

/** Medians of known and unknown may differ by this share, or by this time where that is more: less is noise here. */
const MAX_SHARE = 0.15;
const NOISE_MS = 0.3;
const UNKNOWN = "+34699000001";

interface Question {
    name: string;
    /** @param which of the known ones, for what is counted by number */
    ask: (known: boolean, which: number) => Promise<string>;
}

function questions(victim: Victim, known: string[], routes: string[], stranger: string): Question[] {
    const numberOf = (isKnown: boolean, which: number) => (isKnown ? known[which % known.length]! : UNKNOWN);
    const http = (method: string, path: (number: string) => string, body?: (number: string) => unknown) => {
        return async (isKnown: boolean, which: number) => {
            const number = numberOf(isKnown, which);
            const answer = await victim.ask(method, path(number), { body: body?.(number), token: stranger });
            return `${answer.status} ${JSON.stringify(answer.body)}`.replaceAll(number, "the number");
        };
    };
    const mqtt = (octets: (isKnown: boolean, which: number) => Buffer) => {
        return async (isKnown: boolean, which: number) => {
            const client = new WireClient(victim.port, `127.0.${1 + (which % 200)}.${isKnown ? 2 : 3}`);
            client.write(octets(isKnown, which));
            const answer = (await client.next())?.toString("hex") ?? "nothing";
            client.destroy();
            return answer;
        };
    };
    return [
        {
            name: "send",
            ask: http(
                "POST",
                () => "/v1/messages",
                (to) => ({ to, body: "x" }),
            ),
        },
        { name: "show", ask: http("GET", (number) => `/v1/numbers/${encodeURIComponent(number)}`) },
        { name: "remove", ask: http("DELETE", (number) => `/v1/numbers/${encodeURIComponent(number)}`) },
        {
            name: "code",
            ask: http(
                "POST",
                () => "/v1/codes",
                (number) => ({ number }),
            ),
        },
        {
            name: "enrol",
            ask: mqtt((isKnown, which) => connect("enrol-a1B2c3", numberOf(isKnown, which), "00000000")),
        },
        {
            name: "connect",
            ask: mqtt((isKnown, which) => {
                const route = isKnown ? routes[which % routes.length]! : "AAAAbbbb0000-__x";
                return connect(route, route, "a".repeat(22));
            }),
        },
    ];
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const noise = scale === "short" ? 4 : 1; // tests share the machine
    const rounds = byScale(scale, 80, 800, 5_000);
    await underAttack(async (victim) => {
        const registered = await victim.registerMany(50);
        // Half of the known ones have a code that waits for its board.
        for (const { number } of registered.slice(0, 25)) await victim.ask("POST", "/v1/codes", { body: { number } });
        const token = await victim.makeToken("sender", "+1*");
        const known = registered.map(({ number }) => number);
        const routes = registered.map(({ route }) => route);
        for (const { name, ask } of questions(victim, known, routes, token)) {
            const answers = new Set<string>();
            const times = { known: new Durations(), unknown: new Durations() };
            for (let round = 0; round < rounds; round++) {
                // One beside the other, each first in turn: whatever else the machine does, it does to both.
                for (const isKnown of round % 2 === 0 ? [true, false] : [false, true]) {
                    const startMs = performance.now();
                    answers.add(await ask(isKnown, round));
                    times[isKnown ? "known" : "unknown"].add(performance.now() - startMs);
                }
            }
            const [one, other] = [times.known.at(0.5), times.unknown.at(0.5)];
            verdict.figure(`${name} ${one.toFixed(2)}/${other.toFixed(2)} ms`);
            verdict.must(
                answers.size === 1,
                `${name}: the answers are the same: ${[...answers].slice(0, 2).join(" | ")}`,
            );
            const allowedMs = noise * Math.max(NOISE_MS, MAX_SHARE * Math.max(one, other));
            verdict.must(
                Math.abs(one - other) <= allowedMs,
                `${name}: the time tells nothing (${one} and ${other} ms)`,
            );
        }
        verdict.figure(`known/unknown, medians of ${rounds}`);
    });
}

/** Without the right nobody can tell a known number from an unknown one, by octets or by time. */
export const privacy: Attack = { name: "privacy", run };
