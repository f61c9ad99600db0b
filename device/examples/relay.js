// Espruino: a message "on" or "off" switches a relay, "?" asks for it; the answer goes back to the number that sent the message.
//
//     ESP board                                  5V ---------------- VCC
//                                               GND ---------------- GND   relay module, on when high
//                                                D5 ---------------- IN    (COM and NO: what it switches)
//
// After a power cut it is off. Flash it with --app device/examples/relay.js
var RELAY = D5;

digitalWrite(RELAY, 0);

toque.on("message", function (message) {
    if (message.body === "on") digitalWrite(RELAY, 1);
    else if (message.body === "off") digitalWrite(RELAY, 0);
    else if (message.body !== "?") return;
    // the pin is read, so that the answer is what is, not what was asked for
    var answer = digitalRead(RELAY) ? "The relay is on" : "The relay is off";
    print(answer);
    // a message that was sent with the admin's token has no number to answer to
    if (message.from) toque.send({ to: message.from, body: answer });
});
