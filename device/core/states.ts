/**
 * The state of the connection; there is no other flag of it anywhere. In the order of a connection's life: each event that is
 * waited for leads to the next state, anything else that goes wrong to `waiting`, and a lost link to `offline`.
 *
 *              linkUp        what is waited for                    late, closed, refused, garbled   linkDown
 * offline      waiting       linkUp                                -                                -
 * waiting      waiting       the moment to try again               -                                offline
 * resolving    waiting       the gateway's address                 waiting                          offline
 * dialing      waiting       the open connection                   waiting                          offline
 * connecting   waiting       CONNACK 0                             waiting                          offline
 * subscribing  waiting       SUBACK 1 (or, to enrol, credentials)  waiting                          offline
 * online       waiting       nothing                               waiting                          offline
 *
 * `linkUp` comes with another address only: the old socket is dead then, though nothing closed it, and `waiting` is over within
 * NEW_ADDRESS_MS.
 */
export const enum State {
    offline,
    waiting,
    resolving,
    dialing,
    connecting,
    subscribing,
    online,
}

/** The state's name, as the screen and the tests show it. */
export function stateName(state: State): string {
    return ["offline", "waiting", "resolving", "dialing", "connecting", "subscribing", "online"][state]!;
}
