import type { Push, Taken } from "../core/events.ts";
import type { Request } from "../platform.ts";
import { about } from "./about.ts";
import { wakeAfter } from "./clock.ts";
import { save } from "./flash.ts";
import { dial, hangUp, resolve, send } from "./socket.ts";
import { wires } from "./wires.ts";

/** Calls the application. */
function attempt<A, B>(call: (this: void, first: A, second: B) => unknown, first: A, second: B): Taken {
    let returned: unknown;
    const fine = xpcall(
        () => {
            returned = call(first, second);
        },
        (error) => print("toque: the handler threw: " + tostring(error)),
    );
    return fine && returned === false ? "later" : fine;
}

function deliver(message: Push): Taken {
    const handle = toque.message;
    return handle === undefined ? "later" : attempt(handle, message, undefined);
}

function show(state: string, text: string | undefined): void {
    print("toque: " + state + (text === undefined ? "" : ": " + text));
    const handle = toque.state;
    if (handle !== undefined) attempt(handle, state, text);
}

/** Performs what the device asks for. The last branch compiles only while it is the last kind of request. */
export function perform(request: Request): Taken {
    if (request.type === "send") send(request.data);
    else if (request.type === "wake") wakeAfter(request.afterMs);
    else if (request.type === "deliver") return deliver(request.message);
    else if (request.type === "settled") return attempt(request.done, request.why, request.id);
    else if (request.type === "save") return save(request.slot, request.json);
    else if (request.type === "state") show(request.state, request.text);
    else if (request.type === "describe") wires.report({ type: "described", about: about() });
    else if (request.type === "dial") dial(request.address);
    else if (request.type === "hangUp") hangUp();
    else resolve(request.host);
    return true;
}
