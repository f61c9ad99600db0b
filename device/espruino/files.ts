/** The Storage file `toque`, so that `require("toque")` works: the global, which `.boot0` made. */
export const MODULE = "module.exports = toque;\n";
