/** What device and gateway must agree on, each in one place. A unit is the name's suffix. */

/** Largest whole packet a device takes unless it announced more, and the most it may announce. In octets, fixed header included. */
export const PACKET_OCTETS = 1024;
export const MAX_PACKET_OCTETS = 4096;

/** Keepalive of a device unless its settings name another one. */
export const KEEP_ALIVE_S = 60;

/** Pushes that may be inflight: unless the device announced another window, and the most it may announce. */
export const WINDOW = 1;
export const MAX_WINDOW = 16;

/** Topic filters a SUBSCRIBE may carry. A device needs one. */
export const MAX_FILTERS = 4;

/** Characters of a route: 96 random bits as base64url. */
export const ROUTE_CHARS = 16;
