// Espruino: an SSD1306 display shows the last message: its title, then its text, wrapped between words.
//
//     ESP board                                 3V3 ---------------- VCC
//                                               GND ---------------- GND   SSD1306, 128 x 64 dots, I2C
//                                                D4 ---------------- SDA   (address 0x3c)
//                                                D5 ---------------- SCL
//
// It needs no module and no Graphics. The font has ASCII: letters with accents are shown without them, other characters as "?".
// Flash it with --app device/examples/display.js
var ADDRESS = 0x3c;
var COLUMNS = 21;
var ROWS = 8;

I2C1.setup({ sda: D4, scl: D5, bitrate: 400000 });

/** The dots of ten characters, from the blank on: five octets each, one a column. In a function they stay in flash, and one text is read at a time. */
function font(ten) {
    if (ten === 0)
        return "000000000000005f00000007000700147f147f14242a7f2a12231308646236495620500008070300001c2241000041221c00";
    if (ten === 1)
        return "2a1c7f1c2a08083e080800807030000808080808000060600020100804023e5149453e00427f400072494949462141494d33";
    if (ten === 2)
        return "1814127f1027454545393c4a49493141211109073649494936464949291e0000140000004034000000081422411414141414";
    if (ten === 3)
        return "004122140802015909063e415d594e7c1211127c7f494949363e414141227f4141413e7f494949417f090909013e41415173";
    if (ten === 4)
        return "7f0808087f00417f41002040413f017f081422417f404040407f021c027f7f0408107f3e4141413e7f090909063e4151215e";
    if (ten === 5)
        return "7f09192946264949493203017f01033f4040403f1f2040201f3f4038403f631408146303047804036159494d43007f414141";
    if (ten === 6)
        return "0204081020004141417f04020102044040404040000307080020545478407f284444383844444428384444287f3854545418";
    if (ten === 7)
        return "00087e090218a4a49c787f0804047800447d40002040403d007f1028440000417f40007c047804787c080404783844444438";
    if (ten === 8)
        return "fc1824241818242418fc7c08040408485454542404043f44243c4040207c1c2040201c3c4030403c44281028444c9090907c";
    return "4464544c440008364100000077000000413608000201020402";
}

/** U+00C0 to U+00FF without accents. */
function plain(at) {
    return "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy".charAt(at);
}

/** UTF-8 as ASCII: a board's text is octets. */
function fold(text) {
    var out = "";
    for (var i = 0; i < text.length; i++) {
        var octet = text.charCodeAt(i);
        if (octet < 32) out += " ";
        else if (octet < 128) out += text.charAt(i);
        else if (octet === 0xc3) out += plain(text.charCodeAt(++i) % 64);
        else if (octet === 0xc2) out += text.charCodeAt(++i) === 0xa1 ? "!" : "?";
        else if (octet > 0xc3) out += "?";
    }
    return out;
}

/** Shows a row; what was in it is gone. */
function show(row, text) {
    var dots = new Uint8Array(COLUMNS * 6);
    for (var i = 0; i < text.length; i++) {
        var character = text.charCodeAt(i) - 32;
        var columns = font(Math.floor(character / 10)).substr((character % 10) * 10, 10);
        for (var j = 0; j < 5; j++) dots[i * 6 + j] = parseInt(columns.substr(j * 2, 2), 16);
    }
    I2C1.writeTo(ADDRESS, 0, 0xb0 + row, 0x00, 0x10); // this page, column 0
    I2C1.writeTo(ADDRESS, 0x40, dots);
}

/** Octets of the first row of a text: as many whole words as fit. */
function rowOf(text) {
    if (text.length <= COLUMNS) return text.length;
    var end = text.lastIndexOf(" ", COLUMNS);
    return end > 0 ? end : COLUMNS;
}

function showAll(title, text) {
    show(0, title.substr(0, COLUMNS));
    for (var row = 1; row < ROWS; row++) {
        var length = rowOf(text);
        show(row, text.substr(0, length));
        text = text.substr(text.charAt(length) === " " ? length + 1 : length);
    }
}

// charge pump on, upright, dots as in memory, on
I2C1.writeTo(ADDRESS, 0, 0xae, 0x8d, 0x14, 0xa1, 0xc8, 0xa6, 0xaf);
showAll("", "");

toque.on("message", function (message) {
    showAll(fold(message.title || "Message"), fold(message.body));
});
