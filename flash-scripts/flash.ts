/** Flashes a board: the one way in for `toque flash`. */
import { flashEspruino } from "./espruino.ts";
import { flashNodemcu } from "./nodemcu.ts";
import { FlashError, type Plan, type Progress } from "./plan.ts";
import { Port } from "./port.ts";

/** A board gets that long from its restart until it is online: NodeMCU waits at first, and a network may be slow to join. */
const ONLINE_MS = 90_000;

/** Writes all of the plan, starts the board and waits until its screen shows that it is online. @throws FlashError */
export async function flash(plan: Plan, progress: Progress, onlineMs = ONLINE_MS): Promise<void> {
    const port = await Port.open(plan.port, plan.board.baud);
    try {
        await (plan.board.firmware === "espruino" ? flashEspruino : flashNodemcu)(port, plan, progress);
        progress.note("The board starts. It joins the Wi-Fi and connects to the gateway…");
        if ((await port.hear(/toque: online/, onlineMs)) !== undefined) return;
        throw new FlashError(
            `The board has Toque, but is not online after ${onlineMs / 1000} s: look at the Wi-Fi's name and password, and whether the board reaches ${plan.settings.host}. Its screen: ${port.lastHeard}`,
        );
    } finally {
        await port.close();
    }
}

export { BOARDS } from "./boards.ts";
export { checkPort, listPorts } from "./port.ts";
export { FlashError } from "./plan.ts";
export { checkBuilt } from "../bin/built.mjs";

/** The application of a board that has none, by firmware: it prints its messages. */
export const PRINTS: Record<string, string> = {
    espruino: 'toque.on("message", function (m) { print((m.title ? m.title + ": " : "") + m.body); });\n',
    nodemcu: 'require("toque").on("message", function(m) print((m.title and m.title .. ": " or "") .. m.body) end)\n',
};
