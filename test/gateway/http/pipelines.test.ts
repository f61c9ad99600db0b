import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import { MAX_UNANSWERED, pacePipelines } from "../../../gateway/http/pipelines.ts";

/** The shortest request below has so many octets; a piece of 512 holds that many more. */
const MOST = MAX_UNANSWERED + Math.ceil(512 / 27);

test("pipelines: of thousands of requests in one connection a few are in work, and all are answered in their order", async (t) => {
    const held: (() => void)[] = [];
    let most = 0;
    const server = createServer((request, response: ServerResponse) => {
        let octets = 0;
        request.on("data", (part: Buffer) => (octets += part.length));
        request.on("end", () => {
            most = Math.max(
                most,
                held.push(() => response.end(`${request.method} ${octets}\n`)),
            );
        });
    });
    pacePipelines(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const answering = setInterval(() => held.splice(0).forEach((answer) => answer()), 1);
    t.after(() => clearInterval(answering));

    const requests = Array.from({ length: 5_000 }, (_, index): [head: string, answer: string] => {
        if (index % 100 === 0)
            return [
                `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${index}\r\n\r\n${"x".repeat(index)}`,
                `POST ${index}`,
            ];
        if (index % 3 === 0) return ["GET / HTTP/1.1\r\nHost: x\r\nExpect: nothing\r\n\r\n", "GET 0"];
        return ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET 0"];
    });
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.setEncoding("latin1");
    client.write(requests.map(([text]) => text).join("") + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answers = "";
    for await (const text of client) answers += text as string;
    const expected = [...requests.map(([, answer]) => answer), "GET 0"];
    assert.deepEqual(answers.match(/^(GET|POST) \d+$/gm), expected);
    assert.ok(most <= MOST, `${most} at once`);
});
