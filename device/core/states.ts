/** The state of the connection; there is no other flag of it anywhere. In the order of a connection's life. */
export const enum State {
    offline,
    waiting,
    resolving,
    dialing,
    connecting,
    subscribing,
    online,
}

/**
 * The whole connection machine, event × state → next state: a digit is the next state's number in `State`. "-" is a missing cell. An event
 * of the board that has none came late and changes nothing; a packet that has none is a protocol error and ends the connection.
 *
 * A row is a text that stands where its event happens, so on a board the table is read from flash and takes no memory.
 */
// prettier-ignore
export const enum Event {
    //             offline, waiting, resolving, dialing, connecting, subscribing, online
    /** another address: whatever is open is dead, though nothing closed it */
    linkUp      = "1111111",
    linkDown    = "-000000",
    /** the moment to try again has come, by the gateway's name … */
    named       = "-2-----",
    /** … or by an address that is known */
    addressed   = "-3-----",
    resolved    = "--3----",
    unresolved  = "--1----",
    opened      = "---4---",
    /** CONNACK: 0, and any other */
    accepted    = "----5--",
    refused     = "----1--",
    /** SUBACK: 1, and any other */
    subscribed  = "-----6-",
    rejected    = "-----11",
    /** PUBACK, PINGRESP, PUBLISH */
    conversed   = "-----56",
    /** the first credentials are in flash */
    enrolled    = "-----1-",
    /** no packet, or one that the state has no cell for */
    garbled     = "----111",
    /** closed, or silent for too long */
    lost        = "---1111",
}

/** The state's name, as the screen and the tests show it. */
export function stateName(state: State): string {
    return ["offline", "waiting", "resolving", "dialing", "connecting", "subscribing", "online"][state]!;
}
