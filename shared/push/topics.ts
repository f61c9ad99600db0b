/**
 * The topics of a device. No phone number is ever part of one: "+" is a wildcard, and topics end up in logs.
 * Source: DESIGN.md §3.
 */

/** What a device may say about itself, its messages, and to others. */
export type Saying = "reg" | "read" | "nack" | "msg";

/** Where the gateway pushes to the device, and tells it the epoch and the clock. */
export function inboxTopic(route: string): string {
    return "in/" + route;
}

/** Where the device says something: `out/<route>/reg` and its three siblings. */
export function outTopic(route: string, saying: Saying): string {
    return "out/" + route + "/" + saying;
}

/** Client id of a device that has a code and no secret yet. @param chip the chip's own id, letters and digits */
export function enrolClientId(chip: string): string {
    return "enrol-" + chip;
}

/** Where such a device gets its route and secret. */
export function enrolTopic(chip: string): string {
    return "enrol/" + chip;
}
