import assert from "node:assert/strict";
import { test } from "node:test";
import { type Flags, OPTIONS, readConfig, readVersion } from "../../gateway/config.ts";

test("configuration: without flags and environment it listens on the loopback address only", () => {
    assert.deepEqual(readConfig({}, {}), {
        data: "toque-data",
        host: "127.0.0.1",
        mqttPort: 1883,
        httpPort: 8080,
        tlsPort: 8883,
        logLevel: "info",
        backlogMessages: 1_000,
        backlogOctets: 262_144,
        boardMessages: 60,
        connections: 20_000,
        connectionsPerAddress: 15_000,
        connectsPerAddress: 1_000,
        failuresPerAddress: 20,
    });
});

test("configuration: every option can be set by its variable, and its flag wins", () => {
    for (const [name, { environment }] of Object.entries(OPTIONS)) {
        const ports = { mqttPort: "1", httpPort: "1", tlsPort: "1" };
        const otherPorts = { mqttPort: "2", httpPort: "2", tlsPort: "2" };
        const numbers = /^(backlog|board|connect|failures|store)/.test(name);
        const value =
            { ...ports, logLevel: "warn", codesWebhook: "https://a/", codesWebhookClear: "yes" }[name] ??
            (numbers ? "5000" : "one");
        const other =
            { ...otherPorts, logLevel: "error", codesWebhook: "https://b/", codesWebhookClear: "no" }[name] ??
            (numbers ? "6000" : "two");
        // options that are given together or not at all
        const pairs: Record<string, Flags> = {
            codesWebhook: { codesWebhookKey: "k" },
            codesWebhookKey: { codesWebhook: "https://c/" },
            tlsCert: { tlsKey: "k" },
            tlsKey: { tlsCert: "c" },
        };
        const together = pairs[name] ?? {};
        const read = (flags: Flags) =>
            String(readConfig({ ...together, ...flags }, { [environment]: value })[name as keyof Flags]);
        assert.equal(read({}), value, environment);
        assert.equal(read({ [name]: other }), other, name);
    }
});

test("configuration: an empty variable is none, an empty flag is a mistake", () => {
    assert.equal(readConfig({}, { TOQUE_HOST: "" }).host, "127.0.0.1");
    assert.throws(() => readConfig({ host: "" }, {}), /^GatewayError: --host is empty/);
});

const WRONG: [flags: Flags, environment: NodeJS.ProcessEnv, sentence: RegExp][] = [
    [{ mqttPort: "65536" }, {}, /^--mqtt-port must be a port: a number from 0 to 65535\.$/],
    [{ mqttPort: "-1" }, {}, /^--mqtt-port must be/],
    [{ mqttPort: "1883x" }, {}, /^--mqtt-port must be/],
    [{ httpPort: "1e3" }, {}, /^--http-port must be/],
    [{}, { TOQUE_HTTP_PORT: "many" }, /^TOQUE_HTTP_PORT must be/],
    [{ logLevel: "loud" }, {}, /^--log-level must be info, warn, error or silent\.$/],
    [{ codesWebhook: "ftp://a/", codesWebhookKey: "k" }, {}, /^--codes-webhook must be an http/],
    [{ codesWebhook: "sms", codesWebhookKey: "k" }, {}, /^--codes-webhook must be an http/],
    [{ codesWebhook: "http://a/" }, {}, /together/],
    [{ codesWebhookKey: "k" }, {}, /together/],
    [{ tlsCert: "cert.pem" }, {}, /--tls-cert and --tls-key together/],
    [{ tlsPort: "tls" }, {}, /^--tls-port must be/],
    [{ codesWebhook: "http://a/", codesWebhookKey: "k", codesCommand: "sms" }, {}, /not both/],
    [{ backlogMessages: "0" }, {}, /^--backlog-messages must be a whole number from 1 to 100000\.$/],
    [{ backlogMessages: "1e3" }, {}, /^--backlog-messages must be/],
    [{ backlogOctets: "100" }, {}, /^--backlog-octets must be a whole number from 4096 to 67108864\.$/],
    [{ boardMessages: "-1" }, {}, /^--board-messages must be/],
    [{}, { TOQUE_CONNECTIONS: "99999999999" }, /^TOQUE_CONNECTIONS must be/],
    [{ connections: "10", connectionsPerAddress: "11" }, {}, /--connections-per-address is more than --connections/],
    [{ connectsPerAddress: "1.5" }, {}, /^--connects-per-address must be/],
    [{ failuresPerAddress: "" }, {}, /^--failures-per-address must be/],
    [{ codesCommand: " " }, {}, /^--codes-command must name a program/],
    [{ codesCommand: `"" {code}` }, {}, /^--codes-command must name a program/],
    [{ codesCommand: `sms "Your code: {code}` }, {}, /^--codes-command has a quotation mark that is not closed\.$/],
    [
        { codesWebhook: "https://me:secret@a/", codesWebhookKey: "k" },
        {},
        /^--codes-webhook must have no user name or password in it: [^@]*$/,
    ],
    [{ codesWebhook: "https://token@a/", codesWebhookKey: "k" }, {}, /^--codes-webhook must have no user name/],
    [{ codesWebhookClear: "1" }, {}, /^--codes-webhook-clear must be yes or no\.$/],
    ...[
        "http://a/",
        "http://192.168.1.5/",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://[::2]/",
    ].map((codesWebhook): (typeof WRONG)[number] => [
        { codesWebhook, codesWebhookKey: "k" },
        { TOQUE_CODES_WEBHOOK_CLEAR: "no" },
        /^--codes-webhook sends codes in clear to another machine: .+--codes-webhook-clear yes/,
    ]),
    [
        { codesWebhook: "https://a/", codesWebhookKey: "k" },
        { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
        /^NODE_TLS_REJECT_UNAUTHORIZED=0 lets anybody pose as .+NODE_EXTRA_CA_CERTS\.$/,
    ],
];
for (const [flags, environment, sentence] of WRONG) {
    test(`configuration: ${JSON.stringify({ ...flags, ...environment })} is refused with a sentence`, () => {
        assert.throws(() => readConfig(flags, environment), { code: "invalid_request", message: sentence });
    });
}

const WEBHOOKS: Flags[] = [
    { codesWebhook: "https://a/" },
    { codesWebhook: "http://127.0.0.1:8000/" },
    { codesWebhook: "http://127.9.8.7/" },
    { codesWebhook: "http://localhost/" },
    { codesWebhook: "http://[::1]/" },
    { codesWebhook: "http://192.168.1.5/", codesWebhookClear: "yes" },
];
for (const flags of WEBHOOKS) {
    test(`configuration: ${JSON.stringify(flags)} may get codes`, () => {
        assert.equal(readConfig({ ...flags, codesWebhookKey: "k" }, {}).codesWebhook, flags.codesWebhook);
    });
}

const COMMANDS: [text: string, words: string[]][] = [
    ["sms", ["sms"]],
    ["sms  --to {number}", ["sms", "--to", "{number}"]],
    [`sms "Your code: {code}" 'a "b"'`, ["sms", "Your code: {code}", 'a "b"']],
    [`sms --text="two words"`, ["sms", "--text=two words"]],
    [`sms ""`, ["sms", ""]],
];
for (const [text, words] of COMMANDS) {
    test(`configuration: the command ${text} has ${words.length} words`, () => {
        assert.deepEqual(readConfig({ codesCommand: text }, {}).codesCommand, words);
    });
}

test("configuration: the version is the package's", () => {
    assert.match(readVersion(), /^[0-9]+\.[0-9]+\.[0-9]+/);
});

test("configuration: fewer connections in all are fewer of one address, too", () => {
    assert.equal(readConfig({ connections: "200" }, {}).connectionsPerAddress, 200);
    assert.equal(readConfig({ connections: "30000" }, {}).connectionsPerAddress, 15_000);
});
