// Espruino: a button rings at a number. The LED is dim while the gateway has not answered, lit for three seconds when it has accepted
// the message, and flashes when it was refused.
//
//     ESP board                                  D0 ----/ button ----------- GND   on most boards it is there: FLASH or BOOT
//                                               3V3 ----[ 220 ohm ]----|>|---- D2   LED, lit when low: on most boards it is there
//
// Write your number below. Flash it with --app device/examples/doorbell.js
var TO = "+34600111222";
var BUTTON = D0;
var LED = D2;
var showing;

function stop() {
    if (showing !== undefined) clearInterval(showing);
    showing = undefined;
    digitalWrite(LED, 1);
}

function accepted() {
    digitalWrite(LED, 0);
    showing = setInterval(stop, 3000);
}

function refused(why) {
    var left = 20;
    print("doorbell: " + why);
    showing = setInterval(function () {
        digitalWrite(LED, left % 2);
        if (--left < 0) stop();
    }, 100);
}

pinMode(BUTTON, "input_pullup");
stop();
setWatch(
    function () {
        stop();
        analogWrite(LED, 0.9);
        // after a minute nobody stands at the door any more
        var rings = { to: TO, title: "Doorbell", body: "Someone is at the door", urgency: "high", ttl: 60 };
        var sent = toque.send(rings, function (why, id) {
            stop();
            if (why !== undefined) return refused(why);
            print("doorbell: accepted as " + id);
            accepted();
        });
        if (sent) return;
        stop();
        refused("too much waits already");
    },
    BUTTON,
    { repeat: true, edge: "falling", debounce: 50 },
);
