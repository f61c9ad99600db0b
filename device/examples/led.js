// Espruino: an LED and a buzzer call until a button is pressed; then the sender's receipt has "read". Urgent messages call louder.
//
//     ESP board                                 3V3 ----[ 220 ohm ]----|>|---- D2   LED, lit when low: on most boards it is there
//                                                D14 ----( piezo buzzer )---- GND
//                                                 D0 ----/ button ----------- GND   on most boards it is there: FLASH or BOOT
//
// Flash it with --app device/examples/led.js
var LED = D2;
var BUZZER = D14;
var BUTTON = D0;
// how often it beeps, and how long the LED stays on and off: a very low urgency is silent and slow
var BEEPS = { "very-low": 0, low: 1, high: 8 };
var BLINK_MS = { "very-low": 1000, low: 600, high: 100 };
var unread = [];
var blinking;
var beeping;

function stop() {
    if (blinking !== undefined) clearInterval(blinking);
    if (beeping !== undefined) clearInterval(beeping);
    blinking = beeping = undefined;
    digitalWrite(LED, 1);
    digitalWrite(BUZZER, 0);
}

function beep(left) {
    var on = false;
    if (left === 0) return;
    beeping = setInterval(function () {
        on = !on;
        if (on) analogWrite(BUZZER, 0.5, { freq: 2000 });
        else digitalWrite(BUZZER, 0);
        if (on || --left > 0) return;
        clearInterval(beeping);
        beeping = undefined;
    }, 150);
}

pinMode(BUTTON, "input_pullup");
stop();
setWatch(
    function () {
        stop();
        // what cannot be sent yet stays unread, for the next press
        while (unread.length > 0 && toque.read(unread[0])) unread.shift();
    },
    BUTTON,
    { repeat: true, edge: "falling", debounce: 50 },
);

// It returns at once: the message counts as delivered when the board begins to call.
toque.on("message", function (message) {
    unread.push(message.sequence);
    if (unread.length > 20) unread.shift();
    stop();
    var lit = false;
    blinking = setInterval(function () {
        lit = !lit;
        digitalWrite(LED, lit ? 0 : 1);
    }, BLINK_MS[message.urgency] || 300);
    beep(BEEPS[message.urgency] === undefined ? 3 : BEEPS[message.urgency]);
});
