// The application of a board whose memory is measured. A body begins with a number: so many variables are taken once the message is
// handled, and the next push has that many fewer. The handler itself takes hardly any.
var wanted = 0;
var taken = [];

setInterval(function () {
    if (wanted === 0) return;
    while (wanted > 0) {
        taken.push(0);
        wanted--;
    }
    print("#taken " + taken.length);
}, 20);

toque.on("message", function (message) {
    wanted = parseInt(message.body);
});
