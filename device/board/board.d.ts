/**
 * `toque/board`: types for an application in TypeScript, which `toque build` compiles. In tsconfig.json: "types": ["toque/board"].
 */
/// <reference path="./module.d.ts" />
import type { Toque } from "./application.js";

export type {
    Done,
    Message,
    MessageHandler,
    OwnMessage,
    Settings,
    State,
    StateHandler,
    Status,
    Toque,
    Urgency,
} from "./application.js";

declare global {
    /** Toque, as it runs on this board. */
    const toque: Toque;
}
