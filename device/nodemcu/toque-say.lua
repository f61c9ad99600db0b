-- For applications that send: dofile("toque-say.lua") in toque-app.lua, then
--   toqueRead(message.sequence)                            the person has read it
--   toqueSend({ to = "+34600111222", body = "..." }, done) a message to another number; also title, urgency, collapseKey, ttlS
-- False: the outbox is full, or it is too large for a packet. Text is octets of UTF-8. done(why) may be left out; it is called when the
-- gateway has accepted the message (why is nil) or refused it ("unknown_number").
local boot, last = nil, 0

local function quote(text)
    return '"' .. string.gsub(text, '[%c"\\]', function(char)
        local code = string.byte(char)
        return code == 127 and char or string.format("\\u%04x", code)
    end) .. '"'
end

function toqueRead(sequence) return toque.say("read", '{"n":' .. sequence .. "}") end

function toqueSend(what, done)
    boot = boot or math.random(0, 16777215) -- not earlier: toque.lua, which runs after the application, seeds it
    last = last + 1
    local json = '{"i":' .. last .. ',"g":' .. boot .. ',"to":' .. quote(what.to) .. ',"b":' .. quote(what.body)
    if what.title then json = json .. ',"t":' .. quote(what.title) end
    if what.urgency then json = json .. ',"u":' .. quote(what.urgency) end
    if what.collapseKey then json = json .. ',"k":' .. quote(what.collapseKey) end
    if what.ttlS then json = json .. ',"l":' .. what.ttlS end
    return toque.say("msg", json .. "}", done)
end
