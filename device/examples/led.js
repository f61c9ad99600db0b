// Espruino: the LED blinks until the button is pressed; then the sender's receipt has "read".
// D2 is GPIO2, the LED of most ESP boards (lit when low); D0 is GPIO0, their flash button.
// Flash it with --app device/examples/led.js
var LED = D2;
var BUTTON = D0;
var unread = [];
var blinking;

pinMode(BUTTON, "input_pullup");
setWatch(
    function () {
        if (blinking !== undefined) clearInterval(blinking);
        blinking = undefined;
        digitalWrite(LED, 1);
        // what cannot be sent yet stays unread, for the next press
        while (unread.length > 0 && toque.read(unread[0])) unread.shift();
    },
    BUTTON,
    { repeat: true, edge: "falling", debounce: 50 },
);

toque.on("message", function (message) {
    unread.push(message.sequence);
    if (unread.length > 20) unread.shift();
    if (blinking !== undefined) return;
    blinking = setInterval(function () {
        digitalWrite(LED, !digitalRead(LED));
    }, 300);
});
