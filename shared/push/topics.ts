/**
 * The topics of a device. No phone number is ever part of one: "+" is a wildcard, and topics end up in logs.
 * Source: DESIGN.md §3.
 */

/** What a device may publish: about itself, its messages, and to others. */
export type OutgoingTopic = "reg" | "read" | "nack" | "msg";

/** What the gateway publishes to the device: the hello, pushes, notices. */
export function inboxTopic(route: string): string {
    return "in/" + route;
}

/** What the device publishes: `out/<route>/reg` and its three siblings. */
export function outTopic(route: string, topic: OutgoingTopic): string {
    return "out/" + route + "/" + topic;
}

/** Client id of a device that has a code and no secret yet. @param chip the chip's own id, letters and digits */
export function enrolClientId(chip: string): string {
    return "enrol-" + chip;
}

/** What brings such a device its route and secret. */
export function enrolTopic(chip: string): string {
    return "enrol/" + chip;
}
