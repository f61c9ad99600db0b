import type { Platform, Report } from "../platform.ts";

type Network = Pick<Platform, "resolve" | "dial" | "send" | "hangUp">;

/**
 * Look-ups and connections of the board. The firmware goes on telling of a socket after it was dropped; `socket` is the one
 * that may be reported, and each listener asks whether it is its own. @param ca PEM of a CA: TLS, on ESP32
 */
export function createNetwork(ca: string | undefined, report: Report): Network {
    let socket: EspruinoSocket | undefined;
    let lookUps = 0;

    function opened(this: EspruinoSocket): void {
        if (this === socket) report({ type: "opened" });
    }

    function received(this: EspruinoSocket, data: string): void {
        if (this === socket) report({ type: "bytes", data: data });
    }

    function closed(this: EspruinoSocket): void {
        if (this !== socket) return;
        socket = undefined;
        report({ type: "closed" });
    }

    return {
        resolve: function (host) {
            const wifi = require("Wifi");
            const mine = ++lookUps;
            function found(address: string | null): void {
                if (mine === lookUps) report({ type: "resolved", address: address === null ? undefined : address });
            }
            if (wifi.getHostByName === undefined) found(host);
            else wifi.getHostByName(host, found);
        },

        dial: function (address, port) {
            try {
                socket = require(ca === undefined ? "net" : "tls").connect(
                    { host: address, port: port, ca: ca },
                    opened,
                );
                socket.on("data", received);
                socket.on("close", closed);
            } catch (error) {
                report({ type: "closed" }); // refused at once; `drive` lets it wait for its turn
            }
        },

        send: function (data) {
            try {
                if (socket !== undefined) socket.write(data);
            } catch (error) {
                // it is closed, and "close" is on its way
            }
        },

        hangUp: function () {
            lookUps++;
            if (socket === undefined) return;
            // "end" alone waits until everything is sent, which on a dead path is never
            socket.clsNow = true;
            socket.end();
            socket = undefined;
        },
    };
}
