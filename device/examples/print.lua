-- NodeMCU: each message on the console. The flash command sends it, as app.lua, to a board that has no application.
local toque = require("toque")

toque.on("message", function(message)
    print((message.title or "message") .. ": " .. message.body)
end)
