import { memoryFlash, type Flash } from "../../../device/host/flash.ts";
import { startHostDevice, type HostDevice } from "../../../device/host/start.ts";
import { connect } from "../../gateway/aedes/packets.ts";
import { CutNetwork } from "../cut-network.ts";
import { forEachInLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack, type Scale, type Verdict } from "../verdict.ts";
import { underAttack, type Victim } from "../victim.ts";
import { WireClient } from "../wire-client.ts";

/** More octets than an enrolment and the first connection of a route have, in both directions. */
const OCTETS = 480;
/** Longer than a device waits before it tries again: a chip whose connection was cut is dialing at once after a boot. */
const ONLINE_MS = 20_000;

interface Outcome {
    stranded: boolean;
    working: number;
    pushed: boolean;
    /** the power was cut before the device was online */
    cut: boolean;
}

function boot(flash: Flash, network: CutNetwork, chip: string, on: { state?: (s: string) => void; push?: () => void }) {
    const device = startHostDevice({
        flash,
        network,
        chip,
        handle: () => on.push?.(),
        show: (state) => on.state?.(state),
        random: () => 0, // no waiting for a jitter
    });
    device.linkUp("10.0.0.7");
    return device;
}

function within(ms: number, start: (done: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), ms);
        start(() => {
            clearTimeout(timer);
            resolve(true);
        });
    });
}

/** Enrols a board whose power fails after so many octets, gives it power again, and looks what works then. */
async function enrol(victim: Victim, number: string, octets: number): Promise<Outcome> {
    const { body } = await victim.ask<{ code: string }>("POST", "/v1/codes", { body: { number } });
    const flash = memoryFlash();
    flash.save("config", JSON.stringify({ host: "127.0.0.1", port: victim.port, number, code: body.code }));
    const chip = `cut${octets}`;

    let first: HostDevice | undefined;
    let firstCut!: CutNetwork;
    const finished = within(ONLINE_MS, (done) => {
        firstCut = new CutNetwork(octets, done);
        first = boot(flash, firstCut, chip, { state: (state) => state === "online" && done() });
    });
    await finished;
    const online = firstCut.alive;
    first?.stop();
    if (online) firstCut.shut();

    // Power again. The same code, the same chip; what was in flash is in flash.
    const network = new CutNetwork(Infinity);
    let second: HostDevice | undefined;
    let shown = () => {};
    const back = await within(ONLINE_MS, (done) => {
        second = boot(flash, network, chip, { state: (state) => state === "online" && done(), push: () => shown() });
    });
    const pushed = await within(ONLINE_MS, (done) => {
        shown = done;
        victim.send(number, "hello").catch(() => undefined); // then none is pushed
    });
    second?.stop();
    network.shut();

    // Every secret that the gateway ever gave away, whether it arrived or not.
    const given = Buffer.concat([...firstCut.received, ...network.received]).toString("latin1");
    const secrets = [...given.matchAll(/\{"s":"([\w-]{22})","r":"([\w-]{16})"\}/g)];
    const distinct = new Map(
        secrets.map(([, secret, route]) => [`${route} ${secret}`, { route: route!, secret: secret! }]),
    );
    let working = 0;
    for (const { route, secret } of distinct.values()) {
        const client = new WireClient(victim.port);
        client.write(connect(route, route, secret));
        if ((await client.next())?.[3] === 0) working++;
        client.destroy();
    }
    return { stranded: !back, working, pushed, cut: !online };
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const every = byScale(scale, 16, 1, 1);
    const cuts = Array.from({ length: OCTETS / every }, (_, index) => index * every + 1);
    await underAttack(async (victim) => {
        let cut = 0;
        const bad: string[] = [];
        await forEachInLanes(cuts, 8, async (octets, index) => {
            const number = `+3461${String(index).padStart(7, "0")}`;
            const outcome = await enrol(victim, number, octets);
            if (outcome.cut) cut++;
            if (outcome.stranded) bad.push(`stranded after ${octets} octets`);
            else if (!outcome.pushed) bad.push(`no push after ${octets} octets`);
            if (outcome.working !== 1) bad.push(`${outcome.working} secrets work after ${octets} octets`);
        });
        verdict.figure(`power cut at ${count(cut)} octets of an enrolment: ${bad.length} stranded or doubled`);
        verdict.must(cut > 300 / every, "the cuts fall into the exchange");
        verdict.must(bad.length === 0, `no board is stranded, and one secret works: ${bad.slice(0, 5).join(", ")}`);
    });
}

/** The power fails at every octet of an enrolment and of the first connection after it. */
export const enrolment: Attack = { name: "enrolment", run };
