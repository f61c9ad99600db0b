/** Version of the device's Toque, as the registration reports it: the package's own. */
export const VERSION = "0.1.0";
