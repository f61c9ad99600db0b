/*
 * `toque/board` is what device/application.ts does: each type is assigned to the other, and has the same names. The compiler checks it
 * (`npm run check`); states.test.ts has the names of the states.
 */
import type * as published from "../../device/board/application.d.ts";
import type { Application, Interface, Status } from "../../device/application.ts";
import type { Done, Push } from "../../device/core/events.ts";
import type { Settings } from "../../device/core/settings.ts";
import type { OwnMessage } from "../../device/say.ts";

/** True: each can be assigned to the other, and neither has a name that the other lacks. */
type Same<A, B> = [A, keyof A, B, keyof B] extends [B, keyof B, A, keyof A] ? true : false;

/** What `toque.on` takes as a second argument depends on its first. */
type Handlers<T> = Omit<T, "on">;

export const SAME: true[] = [
    true satisfies Same<published.Message, Push>,
    true satisfies Same<published.OwnMessage, OwnMessage>,
    true satisfies Same<published.Done, Done>,
    true satisfies Same<published.Status, Status>,
    true satisfies Same<published.Settings, Settings>,
    true satisfies Same<Handlers<published.Toque>, Handlers<Interface>>,
    true satisfies Same<keyof published.Toque, keyof Interface>,
    true satisfies Same<published.MessageHandler, NonNullable<Application["message"]>>,
    true satisfies Same<published.StateHandler, NonNullable<Application["state"]>>,
];

// A check that cannot fail checks nothing.
false satisfies Same<published.Message, Push & { more?: number }>;
false satisfies Same<published.Done, (why: number) => void>;
