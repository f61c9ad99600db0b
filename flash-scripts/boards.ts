import espruinoEsp32 from "../boards/espruino-esp32.json" with { type: "json" };
import espruinoEsp8266 from "../boards/espruino-esp8266.json" with { type: "json" };
import nodemcuEsp32 from "../boards/nodemcu-esp32.json" with { type: "json" };
import nodemcuEsp8266 from "../boards/nodemcu-esp8266.json" with { type: "json" };

/** A chip with its firmware: a file of boards/. */
export interface BoardKind {
    /** as a person reads it */
    name: string;
    firmware: "espruino" | "nodemcu";
    chip: string;
    /** of its console */
    baud: number;
    /** the oldest release of the firmware that runs Toque */
    oldest: string;
    tls: boolean;
    /** where its makers have the firmware */
    source: string;
}

/** By the name that one types. */
export const BOARDS = {
    "espruino-esp32": espruinoEsp32,
    "espruino-esp8266": espruinoEsp8266,
    "nodemcu-esp32": nodemcuEsp32,
    "nodemcu-esp8266": nodemcuEsp8266,
} as Record<string, BoardKind>;
