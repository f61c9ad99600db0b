// Espruino: an SSD1306 display (128x64, I2C: SDA on D4, SCL on D5) shows the last message. The firmware needs Graphics.
// Save Espruino's module SSD1306 to the board once, as the Storage file "SSD1306". Flash this with --app device/examples/display.js
var COLUMNS = 21;
var display;

I2C1.setup({ sda: D4, scl: D5 });
var connected = require("SSD1306").connect(I2C1, function () {
    display = connected;
});

toque.on("message", function (message) {
    // before the display is ready: once more, in half a minute
    if (display === undefined) return false;
    display.clear();
    display.setFontVector(12);
    display.drawString(message.title === undefined ? "Message" : message.title, 0, 0);
    display.setFontBitmap();
    for (var row = 0; row * COLUMNS < message.body.length && row < 6; row++) {
        display.drawString(message.body.substr(row * COLUMNS, COLUMNS), 0, 16 + row * 8);
    }
    display.flip();
});
