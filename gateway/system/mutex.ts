/** Runs jobs one after the other, in the order of the calls: what one reads is not changed by another before it writes. */
export function createMutex(): <T>(job: () => Promise<T>) => Promise<T> {
    let previous: Promise<unknown> = Promise.resolve();
    return (job) => {
        const done = previous.then(job);
        previous = done.catch(() => undefined);
        return done;
    };
}
