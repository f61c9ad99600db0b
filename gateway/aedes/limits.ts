/** What one gateway takes on its MQTT listeners. Each can be set another way with `createConnections({ limits })`. */
export interface ConnectionLimits {
    /** connections in all, authenticated or not */
    connections: number;
    /** authenticated connections of one address: a house behind one NAT, or a fleet of emulated boards on one machine */
    perAddress: number;
    /** connections that have not sent their whole CONNECT; the oldest gives way to a new one */
    waiting: number;
    waitingPerAddress: number;
    /** CONNECT packets of one address */
    connectsPerAddress: Rate;
    /** CONNECT packets of one route, whatever becomes of them */
    connectsPerRoute: Rate;
    /** refused credentials and broken packets of one address; when spent, only routes that were connected from there before may try */
    failuresPerAddress: Rate;
    /** so many short connections of a route in a minute, then it is refused for `flappingPauseMs` */
    flappingConnects: number;
    flappingPauseMs: number;
    /** a connection that ended sooner was a short one, unless it came because of a new address */
    shortMs: number;
}

/** A token bucket: so many at once, then so many a second. */
export interface Rate {
    burst: number;
    perSecond: number;
}
