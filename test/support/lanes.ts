/** Does the work with so many lanes at once. */
export async function inLanes(lanes: number, work: (lane: number) => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
}

/** Does the work for each item, so many at once. */
export async function forEachInLanes<T>(
    items: readonly T[],
    lanes: number,
    work: (item: T, index: number) => Promise<void>,
): Promise<void> {
    let next = 0;
    await inLanes(lanes, async () => {
        while (next < items.length) {
            const index = next++;
            await work(items[index]!, index);
        }
    });
}
