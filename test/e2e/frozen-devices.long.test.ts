import { freezeDevices } from "./frozen-devices.ts";

freezeDevices(500, 150);
