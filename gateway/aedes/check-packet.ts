import { MAX_FILTERS } from "../../shared/push/limits.ts";
import { FieldReader } from "./field-reader.ts";
import type { Frame } from "./framer.ts";
import { CONNECT, SUBSCRIBE } from "./packet-types.ts";
import { Violation } from "./violation.ts";

const PLUS = 0x2b;
const HASH = 0x23;

/** Checks a packet that Aedes answers, field by field, before its parser gets it. @throws Violation */
export function checkPacket(frame: Frame): void {
    if (frame.type === CONNECT) throw new Violation("MQTT-3.1.0-2: a second CONNECT");
    const fields = new FieldReader(frame.octets, frame.bodyAt);
    fields.packetId();
    for (let filters = 1; fields.left > 0; filters++) {
        checkFilter(fields.text(), filters);
        if (frame.type === SUBSCRIBE && fields.octet() > 2) {
            throw new Violation("MQTT-3.8.3-4: reserved bits or QoS 3 in a SUBSCRIBE");
        }
    }
}

function checkFilter(filter: Buffer, filters: number): void {
    if (filters > MAX_FILTERS) throw new Violation(`more than ${MAX_FILTERS} topic filters in one packet`);
    if (filter.length === 0) throw new Violation("MQTT-4.7.3-1: an empty topic filter");
    if (!filter.includes(PLUS) && !filter.includes(HASH)) return;
    const levels = filter.toString("latin1").split("/");
    for (const [index, level] of levels.entries()) {
        if (level.includes("#") && (level !== "#" || index < levels.length - 1)) {
            throw new Violation("MQTT-4.7.1-2: # that is not the last level");
        }
        if (level.includes("+") && level !== "+") throw new Violation("MQTT-4.7.1-3: + that is not a whole level");
    }
}
