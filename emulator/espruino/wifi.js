// The module "Wifi" for the interpreter on Linux, which has none: the emulator says through the console what happens on the air.
exports.ip = "0.0.0.0";
exports.names = {};

exports.connect = function () {};
exports.restore = function () {};

exports.getIP = function () {
    return { ip: exports.ip };
};

exports.getDetails = function () {
    return { rssi: -61 };
};

exports.getHostByName = function (host, callback) {
    var said = exports.names[host];
    if (said === "hangs") return;
    setTimeout(callback, 1, said === "fails" ? null : said === undefined ? host : said);
};

exports.happen = function (ip, event) {
    exports.ip = ip;
    if (event) exports.emit(event, event === "connected" ? { ip: ip } : { reason: "beacon_timeout" });
};
