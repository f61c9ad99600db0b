import type { Call } from "./protocol.ts";

/**
 * During a slow commit, the call that marks a message sent and the one that settles it often wait together. Then the settle takes the first
 * one's place and writes both.
 * @returns the calls to run, and for each settle that writes both the id of the call that it replaces
 */
export function mergeNotes(arrived: Call[]): { group: Call[]; noted: Map<number, number> } {
    const group: (Call | undefined)[] = [];
    const noted = new Map<number, number>();
    /** where in the group a message is marked sent */
    const sentAt = new Map<string, number>();
    for (const call of arrived) {
        const message = `${String(call.args[0])} ${String(call.args[1])}`;
        const at = call.name === "backlog.settle" ? sentAt.get(message) : undefined;
        const note = at === undefined ? undefined : group[at];
        if (call.name === "backlog.markSent") sentAt.set(message, group.length);
        if (at === undefined || note === undefined) {
            group.push(call);
            continue;
        }
        const [route, sequence, state, atMs, why] = call.args;
        group[at] = { ...call, args: [route, sequence, state, atMs, why, note.args[2]] };
        noted.set(call.id, note.id);
        sentAt.delete(message);
    }
    return { group: group.filter((call) => call !== undefined), noted };
}
