import { announce, filters8000 } from "./attacks/announce.ts";
import { chatter } from "./attacks/chatter.ts";
import { displace } from "./attacks/displace.ts";
import { enrolment } from "./attacks/enrolment.ts";
import { fill } from "./attacks/fill.ts";
import { filters } from "./attacks/filters.ts";
import { fleet } from "./attacks/fleet.ts";
import { flood, floodMqtt } from "./attacks/flood.ts";
import { guess } from "./attacks/guess.ts";
import { hoard } from "./attacks/hoard.ts";
import { mutations } from "./attacks/mutations.ts";
import { pipeline } from "./attacks/pipeline.ts";
import { privacy } from "./attacks/privacy.ts";
import { silent, slow } from "./attacks/silent.ts";
import { slowloris } from "./attacks/slowloris.ts";
import { takeover } from "./attacks/takeover.ts";
import { voidCode } from "./attacks/void-code.ts";
import type { Attack } from "./verdict.ts";

/** All of them, in the order of the threat table in docs/security.md. */
export const ATTACKS: readonly Attack[] = [
    filters,
    mutations,
    announce,
    filters8000,
    silent,
    slow,
    slowloris,
    pipeline,
    flood,
    floodMqtt,
    displace,
    fill,
    hoard,
    chatter,
    takeover,
    fleet,
    guess,
    voidCode,
    enrolment,
    privacy,
];
