/** The most one step of the clock may be, in seconds: more is somebody who set the time. */
const MAX_STEP_S = 120;

/**
 * A clock that never goes back, from one that `setTime` and SNTP move: it adds up the steps forward. The device wakes
 * more often than the longest step it believes.
 */
export function createClock(): () => number {
    let lastS = getTime();
    let nowS = 0;
    return function () {
        const timeS = getTime();
        if (timeS > lastS) nowS += Math.min(timeS - lastS, MAX_STEP_S);
        lastS = timeS;
        return Math.floor(nowS * 1000);
    };
}
