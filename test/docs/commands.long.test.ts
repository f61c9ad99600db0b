import { typeCommands } from "./commands.ts";

typeCommands(true);
