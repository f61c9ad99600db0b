/** How a request was answered. */
export interface Answer<T> {
    status: number;
    headers: Headers;
    /** the body's own octets as text, and parsed as JSON; undefined: it is none */
    text: string;
    body: T;
}

export interface ErrorBody {
    error: { code: string; message: string };
}

export interface Ask {
    /** "" for none; the admin's unless given */
    token?: string;
    /** sent as JSON; text and octets are sent as they are */
    body?: unknown;
    headers?: Record<string, string>;
}

/** What a board is flashed with. */
export interface Enrolled {
    number: string;
    route: string;
    secret: string;
}

/** A receipt as HTTP gives it. */
export interface Receipt {
    id: string;
    sequence: number;
    state: string;
    history: { state: string; at: string; why?: string }[];
}

/** A gateway's HTTP interface, for tests that talk to a gateway, wherever it runs. */
export class GatewayClient {
    /** @param token the admin's */
    constructor(
        public url = "",
        public token = "",
    ) {}

    /** @throws what fetch throws when the connection breaks */
    async ask<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
        const { token = this.token, body } = ask;
        const answer = await fetch(this.url + path, {
            method,
            headers: {
                Connection: "close", // a gateway on a busy machine may end an idle connection in the moment of its next request
                ...(token === "" ? {} : { Authorization: `Bearer ${token}` }),
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                ...ask.headers,
            },
            body: octetsOf(body),
        });
        const text = await answer.text();
        return { status: answer.status, headers: answer.headers, text, body: parse(text) as T };
    }

    async #expect<T>(status: number, method: string, path: string, body?: unknown): Promise<T> {
        const answer = await this.ask<T>(method, path, { body });
        if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
        return answer.body;
    }

    register(number: string): Promise<Enrolled> {
        return this.#expect(201, "POST", "/v1/numbers", { number });
    }

    /** @returns its receipt, accepted @param more title, urgency, ttlS, collapseKey … */
    send(to: string, body: string, more: object = {}): Promise<Receipt> {
        return this.#expect(202, "POST", "/v1/messages", { ...more, to, body });
    }

    /** A number as the gateway sees it. */
    view<T>(number: string): Promise<T> {
        return this.#expect(200, "GET", `/v1/numbers/${encodeURIComponent(number)}`);
    }

    /** Messages that wait for the number. */
    async waiting(number: string): Promise<number> {
        return (await this.view<{ backlog: { messages: number } }>(number)).backlog.messages;
    }

    receipt(id: string): Promise<Receipt> {
        return this.#expect(200, "GET", `/v1/messages/${id}`);
    }

    /** A token of this role, for numbers of this pattern. */
    async makeToken(role: string, pattern?: string): Promise<string> {
        return (await this.#expect<{ token: string }>(201, "POST", "/v1/tokens", { role, pattern })).token;
    }
}

function octetsOf(body: unknown): string | Uint8Array<ArrayBuffer> | undefined {
    if (body === undefined || typeof body === "string") return body;
    return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
