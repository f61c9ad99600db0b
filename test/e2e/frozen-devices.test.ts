import { freezeDevices } from "./frozen-devices.ts";

freezeDevices(60, 20);
