-- What the emulator adds, so that a test sees what the application's handler is given: it is printed, as emulator/screen.ts reads it. And the
-- handler throws when a test asks for it. F.bare: the board is left alone.
local failures = 0

local function piece(name, text)
    if text ~= nil then F.print("#" .. name .. " " .. (text == "" and "" or F.hex(text))) end
end

function F.required(name, toque)
    if name ~= "toque" or F.bare == 1 then return end
    local on = toque.on
    function toque.on(event, handler)
        if event ~= "message" or type(handler) ~= "function" then return on(event, handler) end
        on(event, function(message)
            piece("b", message.body)
            piece("t", message.title)
            piece("f", message.from)
            piece("k", message.collapseKey)
            F.print(string.format("#push %d %s", message.sequence, message.urgency or "normal"))
            if failures > 0 then
                failures = failures - 1
                error("the application was asked to fail")
            end
            return handler(message)
        end)
    end
end

function F.events.fail(times) failures = tonumber(times) end
