/** A store in a process of its own. */
import { answerCalls } from "../remote.ts";
import { FilledStore, type Filling } from "./filled-store.ts";

answerCalls((filling: Filling) => new FilledStore(filling));
