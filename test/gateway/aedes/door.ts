import { EventEmitter, once } from "node:events";
import {
    createConnections,
    type ConnectionsOptions,
    type GatewayConnections,
} from "../../../gateway/aedes/connections.ts";
import { GatewayError } from "../../../gateway/error.ts";
import type { Draft, PushMessage } from "../../../gateway/message.ts";
import type { Appended } from "../../../gateway/ports/backlog.ts";
import type { E164 } from "../../../gateway/number.ts";
import type { ConnectionEvents } from "../../../gateway/ports/connections.ts";
import type { Registration, Route } from "../../../gateway/registration.ts";
import type { Caller } from "../../../gateway/token.ts";

export { RawClient } from "../../support/raw-client.ts";

/** Routes, codes and tokens that the door knows. A route's secret is "secret-" and the route. */
export const ROUTE = "AAAAbbbb0000-__x" as Route;
export const OTHER = "BBBBcccc1111-__y" as Route;
export const CODE = "12345678";
export const TOKEN = "token-of-a-sender";

/** A rate that no test reaches. */
export const MANY = { burst: 100_000, perSecond: 10_000 };

/** What happened at the door, as lines: "connected A", "reported A read {…}", "accepted t1 +34600111222 body". */
export interface Door {
    connections: GatewayConnections;
    port: number;
    happened: string[];
    logged: string[];
    /** Resolves when a line that starts so has come, or is there already. */
    until(start: string): Promise<void>;
    /** how long a message and a registration take, what an authentication waits for, whether they fail, which number is unknown, whether the token is revoked */
    slow: { storeMs: number; authenticate: () => unknown; fails: boolean; refuses: string; revoked: boolean };
    shut(): Promise<void>;
}

/** Connections of the gateway on a port of their own, with people behind the door that only take notes. */
export async function openDoor(options: Partial<ConnectionsOptions> = {}): Promise<Door> {
    const happened: string[] = [];
    const logged: string[] = [];
    const news = new EventEmitter().setMaxListeners(0);
    const slow = { storeMs: 0, authenticate: (): unknown => undefined, fails: false, refuses: "none", revoked: false };
    const note = (line: string) => {
        happened.push(line);
        news.emit("line");
    };
    const store = async (line: string) => {
        note(line);
        if (slow.storeMs > 0) await new Promise((resolve) => setTimeout(resolve, slow.storeMs));
        if (line.includes(slow.refuses)) throw new GatewayError("unknown_number", "Nobody has this number.");
        if (slow.fails) throw new Error("the store is away");
    };
    const events: ConnectionEvents = {
        connected: (route, { address, port }) => note(`connected ${route} ${address} ${port > 0}`),
        subscribed: (route) => note(`subscribed ${route}`),
        registered: (route, fields) => store(`registered ${route} ${JSON.stringify(fields)}`),
        acknowledged: (route, sequence) => note(`acknowledged ${route} ${sequence}`),
        reported: (route, report, payload) => store(`reported ${route} ${report} ${payload.toString()}`),
        closed: (route) => note(`closed ${route}`),
    };
    const intake = {
        async accept(sender: Caller, { to, body, once }: Draft): Promise<Appended> {
            await store(`accepted ${sender.id} ${to} ${body}${once === undefined ? "" : ` once ${once}`}`);
            return { message: {} as PushMessage, repeated: false, collapsed: [], dropped: [] };
        },
    };
    const registration = (route: Route) => ({ route, number: "+34600111222" as E164 }) as Registration;
    const directory = {
        async authenticate(route: string, secret: string) {
            await slow.authenticate();
            return secret === `secret-${route}` ? registration(route as Route) : undefined;
        },
        async redeem(number: E164, code: string) {
            if (code !== CODE || number !== "+34600111222") return undefined;
            return { route: ROUTE, secret: "s3cret", registration: registration(ROUTE), dropped: 0 };
        },
        findByRoute: async (route: string) =>
            route === ROUTE || route === OTHER ? registration(route as Route) : undefined,
    };
    const knownCaller = (token: string) =>
        token === TOKEN && !slow.revoked ? ({ id: "t1", role: "sender", pattern: "*" } as Caller) : undefined;
    const tokens = {
        knownCaller,
        authenticateToken: async (token: string) => knownCaller(token),
    };
    const write = (fields: Record<string, unknown>, message: string) =>
        void logged.push(`${message} ${JSON.stringify(fields)}`);
    const connections = createConnections({
        events,
        intake,
        directory,
        tokens,
        clock: { nowMs: () => Date.now() },
        log: { info: write, warn: write, error: write },
        ...options,
    });
    const { port } = await connections.listen({ host: "127.0.0.1", port: 0 });
    return {
        connections,
        port,
        happened,
        logged,
        slow,
        async until(start) {
            while (!happened.some((line) => line.startsWith(start))) await once(news, "line");
        },
        shut: () => connections.shut(),
    };
}
