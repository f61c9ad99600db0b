/** A load in a process of its own. */
import { answerCalls } from "../remote.ts";
import { Session } from "./session.ts";
import type { Target } from "./target.ts";

answerCalls((target: Target) => new Session(target));
