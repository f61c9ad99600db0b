// What the emulator adds as `.boot1`, so that a test sees what the application's handler is given: it is printed, in hexadecimal (emulator/screen.ts).
// `global.failing` is how often the handler still has to throw.
(function () {
    var DIGITS = "0123456789abcdef";
    var on = toque.on;

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

    toque.on = function (event, handler) {
        if (event !== "message" || typeof handler !== "function") return on(event, handler);
        on(event, function (message) {
            pieces("b", message.body);
            pieces("t", message.title);
            pieces("f", message.from);
            pieces("k", message.collapseKey);
            print("#push " + message.sequence + " " + (message.urgency === undefined ? "-" : message.urgency));
            if (global.failing > 0) {
                global.failing--;
                throw "asked to fail";
            }
            return handler(message);
        });
    };
})();
