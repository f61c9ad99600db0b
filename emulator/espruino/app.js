// The application of emulated boards: prints what it is given, in hexadecimal, for the test to read (emulator/screen.ts).
// `global.failing` is how often it still has to throw.
var DIGITS = "0123456789abcdef";

function pieces(name, text) {
    if (text === undefined) return;
    for (var at = 0; at < text.length; at += 32) {
        var hex = "";
        for (var i = at; i < text.length && i < at + 32; i++) {
            var code = text.charCodeAt(i);
            hex += DIGITS.charAt(code >> 4) + DIGITS.charAt(code & 15);
        }
        print("#" + name + " " + hex);
    }
    if (text === "") print("#" + name + " ");
}

module.exports = function (message) {
    pieces("b", message.body);
    pieces("t", message.title);
    pieces("f", message.from);
    pieces("k", message.collapseKey);
    print("#push " + message.sequence + " " + (message.urgency === undefined ? "-" : message.urgency));
    if (global.failing > 0) {
        global.failing--;
        throw "asked to fail";
    }
};
