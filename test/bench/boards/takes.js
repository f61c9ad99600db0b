// The application of a board whose CPU is measured: it takes every message.
toque.on("message", function () {});
