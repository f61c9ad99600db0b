// Espruino: a BME280 measures temperature, humidity and pressure. The board reports them to a number when it comes online and then
// every quarter of an hour, and answers a message "?" with them.
//
//     ESP board                                 3V3 ---------------- VCC
//                                               GND ---------------- GND   BME280, I2C
//                                                D4 ---------------- SDA   (address 0x76)
//                                                D5 ---------------- SCL
//
// Write your number below. Flash it with --app device/examples/sensor.js
var TO = "+34600111222";
var EVERY_MS = 15 * 60 * 1000;
var ADDRESS = 0x76;
var reporting;

I2C1.setup({ sda: D4, scl: D5 });

function read(register, count) {
    I2C1.writeTo(ADDRESS, register);
    return new DataView(I2C1.readFrom(ADDRESS, count).buffer);
}

/** From what the converter reads to a text: the formulas of the data sheet (BST-BME280-DS002, appendix 8.1). */
function convert(raw) {
    var c = read(0x88, 26);
    var t = raw.getUint16(3) * 16 + (raw.getUint8(5) >> 4);
    var x = t / 131072 - c.getUint16(0, true) / 8192;
    var fine = x * 8 * c.getInt16(2, true) + x * x * c.getInt16(4, true);

    var a = fine / 2 - 64000;
    var b = (a * a * c.getInt16(16, true)) / 32768 + a * c.getInt16(14, true) * 2;
    b = b / 4 + c.getInt16(12, true) * 65536;
    a = ((c.getInt16(10, true) * a * a) / 524288 + c.getInt16(8, true) * a) / 524288;
    a = (1 + a / 32768) * c.getUint16(6, true);
    var p = 1048576 - (raw.getUint16(0) * 16 + (raw.getUint8(2) >> 4));
    p = ((p - b / 4096) * 6250) / a;
    p += ((c.getInt16(22, true) * p * p) / 2147483648 + (p * c.getInt16(20, true)) / 32768 + c.getInt16(18, true)) / 16;

    var h1 = c.getUint8(25);
    c = read(0xe1, 7);
    var h4 = c.getInt8(3) * 16 + (c.getUint8(4) & 15);
    var h5 = c.getInt8(5) * 16 + (c.getUint8(4) >> 4);
    x = fine - 76800;
    var h = (1 + (c.getUint8(2) / 67108864) * x) * (c.getInt8(6) / 67108864) * x + 1;
    h *= (raw.getUint16(6) - (h4 * 64 + (h5 / 16384) * x)) * (c.getInt16(0, true) / 65536);
    h *= 1 - (h1 * h) / 524288;
    // toFixed cuts on some firmwares
    return Math.round(fine / 512) / 10 + " C, " + Math.round(h) + " %, " + Math.round(p / 100) + " hPa";
}

/** Measures once, and sends the values. @param to a number */
function report(to) {
    I2C1.writeTo(ADDRESS, 0xf2, 1); // each value once, and then it sleeps
    I2C1.writeTo(ADDRESS, 0xf4, 0x25);
    setTimeout(function () {
        toque.send({ to: to, title: "Climate", body: convert(read(0xf7, 8)), ttl: 3600 });
    }, 20);
}

toque.on("message", function (message) {
    if (message.body === "?" && message.from) report(message.from);
});

toque.on("state", function (state) {
    if (state !== "online" || reporting) return;
    reporting = setInterval(function () {
        report(TO);
    }, EVERY_MS);
    report(TO);
});
