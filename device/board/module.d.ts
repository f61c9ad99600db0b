/**
 * The same as the global: `import * as toque from "toque"`, or `const toque = require("toque")`.
 * @noResolution
 */
declare module "toque" {
    type Toque = import("./application.js").Toque;
    export const on: Toque["on"];
    export const send: Toque["send"];
    export const read: Toque["read"];
    export const status: Toque["status"];
    export const time: Toque["time"];
    export const settings: Toque["settings"];
    export const save: Toque["save"];
}
