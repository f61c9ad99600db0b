-- NodeMCU: an SSD1306 display (128x64) shows the last message, its words wrapped, letters without their accents. The build needs i2c, not u8g2.
-- Flash it with --app device/examples/display.lua
--
--     ESP8266  ESP32
--     D2       21   ---- SDA of the display
--     D1       22   ---- SCL of the display
--     3V3, GND      ---- VCC, GND of the display
local toque = require("toque")
local SDA, SCL, ADDRESS, COLUMNS, ROWS = 2, 1, 0x3C, 21, 8
if gpio.config then SDA, SCL = 21, 22 end -- ESP32

-- Letters of 5x7 dots from the blank on: a row has sixteen, a letter five octets, each a column.
local FONT = {
    "\0\0\0\0\0\0\0_\0\0\0\7\0\7\0\20\127\20\127\20$*\127*\18#\19\8db6IV P\0\8\7\3\0\0\28\34A\0\0A\34\28\0*\28\127\28*\8\8>\8\8\0\128p0\0\8\8\8\8\8\0\0``\0 \16\8\4\2",
    ">QIE>\0B\127@\0rIIIF!AIM3\24\20\18\127\16'EEE9<JII1A!\17\9\0076III6FII)\30\0\0\20\0\0\0@4\0\0\0\8\20\34A\20\20\20\20\20\0A\34\20\8\2\1Y\9\6",
    ">A]YN|\18\17\18|\127III6>AAA\34\127AAA>\127IIIA\127\9\9\9\1>AAQs\127\8\8\8\127\0A\127A\0 @A?\1\127\8\20\34A\127@@@@\127\2\28\2\127\127\4\8\16\127>AAA>",
    "\127\9\9\9\6>AQ!^\127\9\25)F&III2\3\1\127\1\3?@@@?\31 @ \31?@8@?c\20\8\20c\3\4x\4\3aYIMC\0\127AAA\2\4\8\16 \0AAA\127\4\2\1\2\4@@@@@",
    "\0\3\7\8\0 TTx@\127(DD88DDD(8DD(\1278TTT\24\0\8~\9\2\24\164\164\156x\127\8\4\4x\0D}@\0 @@=\0\127\16(D\0\0A\127@\0|\4x\4x|\8\4\4x8DDD8",
    "\252\24$$\24\24$$\24\252|\8\4\4\8HTTT$\4\4?D$<@@ |\28 @ \28<@0@<D(\16(DL\144\144\144|DdTLD\0\0086A\0\0\0w\0\0\0A6\8\0\2\1\2\4\2",
}
-- The second octets of U+00C0 to U+00FF in UTF-8, without accents; then inverted marks, angle quotes, degrees, dashes, quotes, an ellipsis, the euro.
local LATIN = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
local MARKS = {
    ["\194\161"] = "!", ["\194\191"] = "?", ["\194\171"] = "<", ["\194\187"] = ">", ["\194\176"] = "o", ["\194\160"] = " ",
    ["\226\128\147"] = "-", ["\226\128\148"] = "-", ["\226\128\152"] = "'", ["\226\128\153"] = "'",
    ["\226\128\156"] = '"', ["\226\128\157"] = '"', ["\226\128\166"] = "...", ["\226\130\172"] = "EUR",
}

local function fold(letter)
    local first, second = string.byte(letter, 1, 2)
    if first == 195 and second then return string.sub(LATIN, second - 127, second - 127) end
    return MARKS[letter] or "?"
end

local function wrap(text)
    local rows, row = {}, ""
    text = string.gsub(text, "[\128-\255][\128-\191]*", fold)
    for part in string.gmatch(text .. "\n", "(.-)\n") do
        for word in string.gmatch(part, "%S+") do
            if row ~= "" and #row + #word < COLUMNS then
                row = row .. " " .. word
            else
                if row ~= "" then rows[#rows + 1] = row end
                while #word > COLUMNS do
                    rows[#rows + 1] = string.sub(word, 1, COLUMNS)
                    word = string.sub(word, COLUMNS + 1)
                end
                row = word
            end
        end
        rows[#rows + 1], row = row, ""
    end
    return rows
end

-- Sends commands (0) or dots (0x40). False: there is no display.
local function send(kind, octets)
    i2c.start(0)
    local there = i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    if there then i2c.write(0, kind, octets) end
    i2c.stop(0)
    return there
end

-- A row of dots, so that never more than one is in memory.
local function draw(row)
    local dots = {}
    for at = 1, math.min(#row, COLUMNS) do
        local code = string.byte(row, at)
        if code < 32 or code > 126 then code = 63 end
        local column = code % 16 * 5
        dots[at] = string.sub(FONT[math.floor(code / 16) - 1], column + 1, column + 5)
    end
    local line = table.concat(dots, "\0")
    send(0x40, line .. string.rep("\0", 128 - #line))
end

-- On, as these displays are soldered; dots go from left to right and from row to row.
local SETUP = { 0x8D, 0x14, 0x20, 0, 0xA1, 0xC8, 0xDA, 0x12, 0xA8, 63, 0xD3, 0, 0x40, 0xA4, 0xA6, 0x21, 0, 127, 0x22, 0, 7, 0xAF }

i2c.setup(0, SDA, SCL, i2c.SLOW)
toque.on("message", function(message)
    if not send(0, SETUP) then return false end -- no display yet: the message once more, in half a minute
    local body = wrap(message.body)
    draw(wrap(message.title or "Message")[1])
    draw("")
    for row = 1, ROWS - 2 do draw(body[row] or "") end
end)
