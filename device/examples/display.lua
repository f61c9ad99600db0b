-- NodeMCU: an SSD1306 display shows the last message: its title, then its text, wrapped between words.
--
--     ESP8266  ESP32
--     3V3, GND       ---------------- VCC, GND   SSD1306, 128 x 64 dots, I2C (address 0x3c)
--     D2       21    ---------------- SDA
--     D1       22    ---------------- SCL
--
-- The build needs i2c, not u8g2. The font has ASCII: letters with accents are shown without them, other characters as "?".
-- Flash it with --app device/examples/display.lua
local toque = require("toque")
local SDA, SCL, ADDRESS, COLUMNS, ROWS = 2, 1, 0x3C, 21, 8
if gpio.config then SDA, SCL = 21, 22 end -- ESP32

-- Characters of 5 by 7 dots from the blank on: sixteen in a text, five octets each, one a column.
local FONT = {
    "\0\0\0\0\0\0\0_\0\0\0\7\0\7\0\20\127\20\127\20$*\127*\18#\19\8db6IV P\0\8\7\3\0\0\28\34A\0\0A\34\28\0*\28\127\28*\8\8>\8\8\0\128p0\0\8\8\8\8\8\0\0``\0 \16\8\4\2",
    ">QIE>\0B\127@\0rIIIF!AIM3\24\20\18\127\16'EEE9<JII1A!\17\9\0076III6FII)\30\0\0\20\0\0\0@4\0\0\0\8\20\34A\20\20\20\20\20\0A\34\20\8\2\1Y\9\6",
    ">A]YN|\18\17\18|\127III6>AAA\34\127AAA>\127IIIA\127\9\9\9\1>AAQs\127\8\8\8\127\0A\127A\0 @A?\1\127\8\20\34A\127@@@@\127\2\28\2\127\127\4\8\16\127>AAA>",
    "\127\9\9\9\6>AQ!^\127\9\25)F&III2\3\1\127\1\3?@@@?\31 @ \31?@8@?c\20\8\20c\3\4x\4\3aYIMC\0\127AAA\2\4\8\16 \0AAA\127\4\2\1\2\4@@@@@",
    "\0\3\7\8\0 TTx@\127(DD88DDD(8DD(\1278TTT\24\0\8~\9\2\24\164\164\156x\127\8\4\4x\0D}@\0 @@=\0\127\16(D\0\0A\127@\0|\4x\4x|\8\4\4x8DDD8",
    "\252\24$$\24\24$$\24\252|\8\4\4\8HTTT$\4\4?D$<@@ |\28 @ \28<@0@<D(\16(DL\144\144\144|DdTLD\0\0086A\0\0\0w\0\0\0A6\8\0\2\1\2\4\2",
}
-- U+00C0 to U+00FF without accents
local PLAIN = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy"

-- UTF-8 as ASCII: a board's text is octets.
local function fold(text)
    text = string.gsub(text, "%c", " ")
    return (string.gsub(text, "[\194-\244][\128-\191]*", function(letter)
        local first, second = string.byte(letter, 1, 2)
        if first == 195 and second then return string.sub(PLAIN, second - 127, second - 127) end
        return letter == "\194\161" and "!" or "?"
    end))
end

-- Commands (0) or dots (0x40).
local function send(kind, octets)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    i2c.write(0, kind, octets)
    i2c.stop(0)
end

-- Shows a row; what was in it is gone. Never more than one is in memory.
local function show(row, text)
    local dots = {}
    for at = 1, COLUMNS do
        local code = string.byte(text, at) or 32
        local column = code % 16 * 5
        dots[at] = string.sub(FONT[math.floor(code / 16) - 1] or "", column + 1, column + 5)
    end
    send(0, { 0xB0 + row, 0x00, 0x10 }) -- this page, column 0
    send(0x40, table.concat(dots, "\0") .. "\0")
end

-- Octets of the first row of a text: as many whole words as fit.
local function row_of(text)
    if #text <= COLUMNS then return #text end
    local words = string.match(string.sub(text, 1, COLUMNS + 1), "^(.+) ")
    return words and #words or COLUMNS
end

local function show_all(title, text)
    show(0, string.sub(title, 1, COLUMNS))
    for row = 1, ROWS - 1 do
        local length = row_of(text)
        show(row, string.sub(text, 1, length))
        text = string.sub(text, length + (string.sub(text, length + 1, length + 1) == " " and 2 or 1))
    end
end

i2c.setup(0, SDA, SCL, i2c.SLOW)
-- charge pump on, upright, dots as in memory, on
send(0, { 0xAE, 0x8D, 0x14, 0xA1, 0xC8, 0xA6, 0xAF })
show_all("", "")

toque.on("message", function(message)
    show_all(fold(message.title or "Message"), fold(message.body))
end)
