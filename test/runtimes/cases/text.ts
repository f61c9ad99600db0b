import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pause } from "../../support/eventually.ts";
import { octetsOf } from "../../support/scripted-gateway.ts";
import { idOf, inbox, push } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

interface Strings {
    strings: { name: string; text: string }[];
}

const VECTORS = JSON.parse(readFileSync(new URL("../../vectors/strings.json", import.meta.url), "utf8")) as Strings;

/** Text of every kind: one to four octets a character, both sides of each step, and what looks like something else. */
const TEXTS = [
    "Doña Inés: Café €5 😀",
    "\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}",
    "\ufeffBOM",
    "e\u0301 ≠ é",
    "日本語 العربية עברית",
    "👩‍👩‍👧‍👦🇪🇸",
    'quote " and backslash \\ and \\" and \\\\"',
    "tab\tnewline\nreturn\rbackspace\bform\f",
    Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join(""),
    '{"n":9,"b":"inside"}',
    "\\u0041 is no escape when quoted",
    ',":}{',
];

function octets(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

/** Each text as body, title and collapseKey of a push of its own: what the application got, octet for octet. */
async function shownAsSent(stage: Stage, texts: string[]): Promise<void> {
    const peer = await stage.online();
    for (const [i, text] of texts.entries()) await stage.deliver(peer, push(i + 1, text, { t: text, k: text }));
    const got = stage.device.shown.map(({ body, title, collapseKey }) => [body, title, collapseKey]);
    for (const [i, text] of texts.entries()) {
        const sent = octets(text);
        assert.deepEqual(got[i], [sent, sent, sent], `push ${i + 1}`);
    }
}

export const TEXT: readonly Case[] = [
    { name: "UTF-8 of every kind is shown octet for octet", play: (stage) => shownAsSent(stage, TEXTS) },
    {
        name: "the vectors of strings are shown octet for octet",
        play: (stage) =>
            shownAsSent(
                stage,
                VECTORS.strings
                    .map(({ text }) => Buffer.from(text, "hex").toString("utf8"))
                    .filter((text) => text.length < 200),
            ),
    },
    {
        name: "octets that are no UTF-8 are shown as they are",
        async play(stage) {
            const peer = await stage.online();
            // all of the upper half, in no order that is text
            const body = Buffer.from(Array.from({ length: 128 }, (_, i) => 255 - i));
            const packet = inbox(Buffer.concat([Buffer.from('{"n":1,"b":"'), body, Buffer.from('"}')]), 1);
            await stage.deliver(peer, packet);
            assert.equal(stage.device.shown[0]?.body, body.toString("latin1"));
        },
    },
    {
        name: "UTF-8 cut between its octets is shown whole",
        async play(stage) {
            const peer = await stage.online();
            const text = "€😀é";
            const stream = octetsOf(push(1, text));
            const at = stream.indexOf(Buffer.from(text));
            for (const cut of [1, 2, 4, 5, 6, 8]) {
                const n = cut + 1;
                const again = octetsOf(push(n, text));
                peer.send(again.subarray(0, at + cut));
                await pause(20);
                peer.send(again.subarray(at + cut));
                assert.equal((await peer.receive("puback")).messageId, idOf(push(n, "")));
            }
            await stage.device.until(({ shown }) => shown.length === 6);
            assert.deepEqual(new Set(stage.bodies), new Set([text]));
        },
    },
];
