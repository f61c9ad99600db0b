import type { Push } from "../core/events.ts";
import type { Request } from "../platform.ts";
import { wakeAfter } from "./clock.ts";
import { save } from "./flash.ts";
import { dial, hangUp, resolve, send } from "./socket.ts";

/** Calls the application. @returns false: it threw */
function attempt<T>(call: (this: void, value: T) => void, value: T): boolean {
    return xpcall(
        () => call(value),
        (error) => print("toque: the handler threw: " + tostring(error)),
    );
}

function deliver(message: Push): boolean {
    if (onPush !== undefined) return attempt(onPush, message);
    print("toque: message " + message.sequence + ": " + message.body);
    return true;
}

function show(state: string, text: string | undefined): void {
    print("toque: " + state + (text === undefined ? "" : ": " + text));
}

/** Performs what the device asks for. The last branch compiles only while it is the last kind of request. */
export function perform(request: Request): boolean {
    if (request.type === "send") send(request.data);
    else if (request.type === "wake") wakeAfter(request.afterMs);
    else if (request.type === "deliver") return deliver(request.message);
    else if (request.type === "settled") return attempt(request.done, request.why);
    else if (request.type === "save") return save(request.slot, request.json);
    else if (request.type === "state") show(request.state, request.text);
    else if (request.type === "dial") dial(request.address);
    else if (request.type === "hangUp") hangUp();
    else resolve(request.host);
    return true;
}
