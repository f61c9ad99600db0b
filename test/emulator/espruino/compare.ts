/**
 * `node --import tsx test/emulator/espruino/compare.ts`: the JsVars of Toque and of Espruino's own MQTT.js, online and at rest, from flash
 * and from RAM, on the interpreter that ESPRUINO_8266 names. ESPRUINO_MQTT names MQTT.js. One line of JSON, a `Row` each.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { measureFromRam, measureVars } from "./measure.ts";
import type { Measured } from "./measure.ts";

const BUNDLE = fileURLToPath(new URL("../../../dist/espruino/toque.js", import.meta.url));

export interface Row {
    program: string;
    /** its flash, or lines that were typed: all of MQTT.js, and for Toque the application that starts it */
    from: ".bootcde" | "RAM";
    /** undefined: it does not come online, as a rule because it does not fit */
    vars: Measured | undefined;
}

/** A program's statements as a person would type them: each is a text in RAM, and so is the code of its functions. */
function typed(program: string): string {
    const pieces = parse(program, { ecmaVersion: 2020 }).body.flatMap((node) =>
        node.type === "VariableDeclaration"
            ? node.declarations.map((one) => `${node.kind} ${program.slice(one.start, one.end)}`)
            : [program.slice(node.start, node.end)],
    );
    return pieces.map((piece) => `eval(${JSON.stringify(piece)});`).join("\n");
}

/** What a person would write around MQTT.js to be given the same messages: the settings are those in the board's flash. */
function mqttProgram(module: string): string {
    return `var mqttModule={},mqtt;(function(exports){${module}\n})(mqttModule);
require("Wifi").on("connected",function(){
function slot(name){var text=require("Storage").read("toque-"+name+0);return JSON.parse(text.substr(2,text.length-4));}
var config=slot("config"),own=slot("credentials");
mqtt=mqttModule.create(config.host,{port:config.port,client_id:own.route,username:own.route,password:own.secret});
mqtt.on("connected",function(){mqtt.subscribe("in/"+own.route,{qos:1});print("toque: online");});
mqtt.on("publish",function(message){print(message.message);});
mqtt.connect();});`;
}

async function measure(interpreter: string, program: string, from: Row["from"], source: string): Promise<Row> {
    const folder = mkdtempSync(join(tmpdir(), "toque-compare-"));
    const path = join(folder, "program.js");
    writeFileSync(path, from === "RAM" ? typed(source) : source, "latin1");
    try {
        return { program, from, vars: await measureVars(interpreter, path).catch(() => undefined) };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const interpreter = process.env.ESPRUINO_8266;
const mqtt = process.env.ESPRUINO_MQTT;
if (interpreter === undefined || interpreter === "") throw new Error("ESPRUINO_8266 is not set.");
const sources = [{ program: "Toque", source: readFileSync(BUNDLE, "latin1") }];
if (mqtt !== undefined && mqtt !== "")
    sources.push({ program: "MQTT.js", source: mqttProgram(readFileSync(mqtt, "latin1")) });
const rows: Row[] = [];
for (const { program, source } of sources) rows.push(await measure(interpreter, program, ".bootcde", source));
rows.push({ program: "Toque", from: "RAM", vars: await measureFromRam(interpreter) });
if (sources[1] !== undefined) rows.push(await measure(interpreter, "MQTT.js", "RAM", sources[1].source));
console.log(JSON.stringify(rows));
