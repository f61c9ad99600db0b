import { conformance } from "./conformance.ts";
import { JAVASCRIPT } from "./subjects.ts";

conformance(JAVASCRIPT.slice(0, 2));
