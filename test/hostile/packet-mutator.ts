import { connect, packet, publish, puback, subscribe, text, uint16, unsubscribe } from "../gateway/aedes/packets.ts";
import type { Seeded } from "../support/seeded.ts";
import type { Enrolled } from "../support/gateway-client.ts";

/** The first packets of a connection: what they are mutated from. */
export function firstPackets({ number, route, secret }: Enrolled, token: string): Buffer[] {
    return [
        connect(route, route, secret),
        connect("enrol-a1B2c3", number, "12345678"),
        connect("publisher", "token", token, { flags: 0xc0 }),
    ];
}

/** What an authenticated device sends: with the three above they are the ten seeds. */
export function laterPackets({ route }: Enrolled): Buffer[] {
    return [
        subscribe(1, [`in/${route}`, 1]),
        unsubscribe(2, `in/${route}`),
        publish(3, `out/${route}/reg`, '{"r":"host","v":"1","a":"10.0.0.7","y":"address","m":1024,"w":4,"e":1,"n":7}'),
        publish(4, `out/${route}/read`, '{"n":12}'),
        publish(5, `out/${route}/msg`, '{"i":1,"g":2,"to":"+34600111222","b":"hello","t":"title","k":"key","l":60}'),
        publish(6, `out/${route}/nack`, '{"n":12,"y":"handler"}'),
        Buffer.concat([puback(7), packet(0xc0), packet(0x82, uint16(8), text("a"), [0])]),
    ];
}

/** Octets at which parsers stumble. */
const ODD = [0x00, 0x01, 0x22, 0x23, 0x2b, 0x2f, 0x5c, 0x7b, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];
const MOST_CHANGES = 4;

/** A packet with one to four things done to it. Every other time its length is made to fit, so that more than the frame is tried. */
export function mutate(seed: Buffer, other: Buffer, random: Seeded): Buffer {
    // With topic and packet id as they are, the mutation reaches the JSON.
    const kept = seed[0] === 0x32 && random.percent(40) ? seed.indexOf("{") : 0;
    let octets = Buffer.from(seed.subarray(kept));
    for (let changes = 1 + random.below(MOST_CHANGES); changes > 0; changes--) octets = change(octets, other, random);
    const whole = Buffer.concat([seed.subarray(0, kept), octets]);
    return kept > 0 || random.percent(60) ? withLength(whole) : whole;
}

function change(octets: Buffer<ArrayBuffer>, other: Buffer, random: Seeded): Buffer<ArrayBuffer> {
    const at = random.below(octets.length);
    const to = at + 1 + random.below(16);
    const with1 = (value: number) => {
        const changed = Buffer.from(octets);
        if (changed.length > 0) changed[at] = value;
        return changed;
    };
    return random.pick([
        () => with1((octets[at] ?? 0) ^ (1 << random.below(8))),
        () => with1(random.pick(ODD)),
        () => with1(random.below(256)),
        () => Buffer.concat([octets.subarray(0, at), octets.subarray(to)]),
        () => Buffer.concat([octets.subarray(0, to), octets.subarray(at)]),
        () => Buffer.concat([octets.subarray(0, at), Buffer.from([random.pick(ODD)]), octets.subarray(at)]),
        () => octets.subarray(0, at),
        () => Buffer.concat([octets.subarray(0, at), other.subarray(random.below(other.length))]),
        () => Buffer.concat([octets, Buffer.alloc(random.below(64), random.pick(ODD))]),
    ])();
}

/** The same octets behind the first, with their true length. */
function withLength(octets: Buffer): Buffer {
    if (octets.length < 2) return octets;
    let at = 1;
    while (at < 4 && (octets[at] ?? 0) >= 0x80) at++;
    return packet(octets[0]!, octets.subarray(at + 1));
}
