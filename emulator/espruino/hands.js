// The pins and the I2C bus of an emulated board, as `.boot2`: what a program does with them is printed, and what it reads comes from
// files that the emulator writes (emulator/hands.ts). The interpreter on Linux has both by name, with nothing behind them.
(function () {
    var fs = require("fs");
    var driven = {};
    var pointers = {};
    var watches = [];

    function held(name, absent) {
        try {
            return fs.readFileSync("hands-" + name);
        } catch (error) {
            return absent;
        }
    }

    function drive(pin, level) {
        driven[0 + pin] = level;
        print("#pin " + (0 + pin) + " " + level);
    }

    if (typeof A0 === "undefined") global.A0 = 100;
    global.pinMode = function (pin, mode) {
        if (mode === undefined || mode.indexOf("input") === 0) delete driven[0 + pin];
    };
    global.digitalWrite = function (pin, value) {
        drive(pin, value ? 1 : 0);
    };
    global.digitalRead = function (pin) {
        var level = driven[0 + pin];
        return level === undefined ? +held("level-" + (0 + pin), 1) : level > 0 ? 1 : 0;
    };
    global.analogWrite = function (pin, value) {
        drive(pin, Math.max(0, Math.min(1, value)));
    };
    global.analogRead = function (pin) {
        return held("analog-" + (pin - A0), 0) / 3.3;
    };
    global.digitalPulse = function (pin, value, times) {
        var left = typeof times === "number" ? [times] : times.slice();
        function next() {
            digitalWrite(pin, value);
            value = !value;
            if (left.length > 0) setTimeout(next, left.shift());
        }
        next();
    };
    Pin.prototype.mode = function (mode) {
        pinMode(this, mode);
    };
    Pin.prototype.read = function () {
        return digitalRead(this) === 1;
    };
    Pin.prototype.write = function (value) {
        digitalWrite(this, value);
    };
    Pin.prototype.set = function () {
        digitalWrite(this, 1);
    };
    Pin.prototype.reset = function () {
        digitalWrite(this, 0);
    };
    Pin.prototype.toggle = function () {
        digitalWrite(this, !digitalRead(this));
        return digitalRead(this) === 1;
    };

    global.setWatch = function (call, pin, options) {
        var given = typeof options === "object" ? options : { repeat: options };
        watches.push({
            call: call,
            pin: pin,
            repeat: given.repeat,
            edge: given.edge || "both",
            debounce: given.debounce || 0,
            data: given.data,
            state: digitalRead(pin),
            time: getTime(),
        });
        return watches.length;
    };
    global.clearWatch = function (id) {
        if (id === undefined) watches = watches.map(function () {});
        else delete watches[id - 1];
    };
    // A button has moved: each watch looks, when the level had time to settle.
    global._hands = function (moved) {
        watches.forEach(function (watch, index) {
            if (watch === undefined || 0 + watch.pin !== moved) return;
            if (watch.timer !== undefined) clearTimeout(watch.timer);
            watch.timer = setTimeout(function () {
                var level = digitalRead(watch.pin);
                watch.timer = undefined;
                if (level === watch.state || watches[index] !== watch) return;
                watch.state = level;
                if (watch.edge === (level ? "falling" : "rising")) return;
                if (!watch.repeat) delete watches[index];
                var lastTime = watch.time;
                watch.time = getTime();
                watch.call({
                    state: level === 1,
                    time: watch.time,
                    lastTime: lastTime,
                    pin: watch.pin,
                    data: watch.data,
                });
            }, watch.debounce);
        });
        return 1;
    };

    I2C.prototype.writeTo = function (to) {
        var address = typeof to === "object" ? to.address : to;
        var hex = "";
        for (var i = 1; i < arguments.length; i++) {
            E.toUint8Array(arguments[i]).forEach(function (octet) {
                if (hex === "") pointers[address] = octet;
                hex += (octet < 16 ? "0" : "") + octet.toString(16);
            });
        }
        print("#i2c " + address + " " + hex);
    };
    I2C.prototype.readFrom = function (from, count) {
        var address = typeof from === "object" ? from.address : from;
        var registers = held("registers-" + address);
        if (registers === undefined) throw "I2C: no device at " + address;
        var octets = new Uint8Array(count);
        for (var i = 0; i < count; i++) {
            octets[i] = registers.charCodeAt(((pointers[address] || 0) + i) % 256);
        }
        return octets;
    };
    I2C.prototype.readReg = function (address, register, count) {
        this.writeTo(address, register);
        return this.readFrom(address, count);
    };
})();
