-- Where the board is a process of its own: events on stdin, what it does on stdout.
-- (`io` is the host's here; the program got another one, or none.)
while true do
    local line = F.read()
    if not line then break end
    F.event(line)
end
