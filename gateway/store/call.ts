/** One call of a port, as the thread runs it. One that only reads needs no transaction, and goes on while the store cannot write. */
export interface StoreCall<Args extends unknown[], Value> {
    kind: "read" | "write";
    run(...args: Args): Value;
}

export type AnyCall = StoreCall<unknown[], unknown>;

/** A port's calls: every promise's value, without the waiting. */
export type CallsOf<Port> = {
    [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Value>
        ? StoreCall<Args, Value>
        : never;
};

export function read<Args extends unknown[], Value>(run: (...args: Args) => Value): StoreCall<Args, Value> {
    return { kind: "read", run };
}

export function write<Args extends unknown[], Value>(run: (...args: Args) => Value): StoreCall<Args, Value> {
    return { kind: "write", run };
}
