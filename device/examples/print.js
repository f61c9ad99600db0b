// Espruino: each message on the console. The flash command sends it to a board that has no application.
toque.on("message", function (message) {
    print((message.title || "message") + ": " + message.body);
});
