// The module "Wifi" for the interpreter on Linux, which has none: the emulator calls `happen` through the console.
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
    var address = exports.names[host];
    if (address === "hangs") return;
    setTimeout(callback, 1, address === "fails" ? null : address === undefined ? host : address);
};

exports.happen = function (ip, event) {
    exports.ip = ip;
    if (event) exports.emit(event, event === "connected" ? { ip: ip } : { reason: "beacon_timeout" });
};
