-- The application on the board: it prints each push as emulator/screen.ts reads it, and throws when a test asks for it.
local failures = 0

local function piece(name, text)
    if text ~= nil then F.print("#" .. name .. " " .. (text == "" and "" or F.hex(text))) end
end

function onPush(message)
    piece("b", message.body)
    piece("t", message.title)
    piece("f", message.from)
    piece("k", message.collapseKey)
    F.print(string.format("#push %d %s", message.sequence, message.urgency or "normal"))
    if failures > 0 then
        failures = failures - 1
        error("the application was asked to fail")
    end
end

function F.events.fail(times) failures = tonumber(times) end
