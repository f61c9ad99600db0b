import { conformance } from "./conformance.ts";
import { GENUINE_ESPRUINO } from "./subjects.ts";

conformance(GENUINE_ESPRUINO);
