import { aedesKind, echoKind } from "./node-brokers.ts";
import { mosquittoKind } from "./mosquitto.ts";
import { rabbitKind } from "./rabbitmq.ts";
import { redisKind } from "./redis.ts";
import { findCommand, type Kind } from "./server.ts";

/** The peers that this machine has. @param missing gets the name of each other */
export function findPeers(missing: (name: string) => void): Kind[] {
    const found = (name: string, kind: Kind | undefined): Kind[] => {
        if (kind === undefined) missing(name);
        return kind === undefined ? [] : [kind];
    };
    const mosquitto = findCommand("mosquitto", "/usr/sbin");
    const redis = findCommand("redis-server");
    // the script of that name on the search path changes the user
    const rabbit = findCommand("rabbitmq-server", "/usr/lib/rabbitmq/bin");
    const epmd = findCommand("epmd");
    return [
        ...found("mosquitto", mosquitto === undefined ? undefined : mosquittoKind(mosquitto)),
        aedesKind,
        echoKind,
        ...found("redis-server", redis === undefined ? undefined : redisKind(redis)),
        ...found("rabbitmq-server", rabbit === undefined || epmd === undefined ? undefined : rabbitKind(rabbit, epmd)),
    ];
}
