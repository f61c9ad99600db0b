// Espruino: a piezo buzzer between D5 (GPIO14 on many ESP8266 boards) and ground. The more urgent the message, the longer it calls.
// Flash it with --app device/examples/buzzer.js
var PIN = D5;
var BEEPS = { "very-low": 0, low: 1, high: 8 };

toque.on("message", function (message) {
    var left = BEEPS[message.urgency] === undefined ? 3 : BEEPS[message.urgency];
    if (left === 0) return;
    var on = false;
    var timer = setInterval(function () {
        on = !on;
        if (on) analogWrite(PIN, 0.5, { freq: 2000 });
        else digitalWrite(PIN, 0);
        if (!on && --left === 0) clearInterval(timer);
    }, 150);
    // It returns at once: the message counts as delivered when the board begins to call.
});
