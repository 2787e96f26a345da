// Who drives the machine: one page or worker at a time, however many are open.

const LOCK = "refrain";
/** Held beside it by a worker that was woken: whoever opens the app need not wait for that. */
const ASLEEP = "refrain-asleep";

/**
 * Holds the machine while `drive` goes on. Where somebody else holds it: with `insist` it is taken from them, and without
 * they are waited for up to `patience` milliseconds. Gives whether it was had to the end.
 */
export async function holdMachine(drive: () => Promise<void>, insist: boolean, patience: number): Promise<boolean> {
    const byWorker = (await navigator.locks.query()).held?.some(({ name }) => name === ASLEEP);
    const options: LockOptions = insist || byWorker ? { steal: true } : { signal: AbortSignal.timeout(patience) };
    try {
        await navigator.locks.request(LOCK, options, drive);
        return true;
    } catch (error) {
        if (error instanceof DOMException) return false;
        throw error;
    }
}

/** Holds the machine for a wake-up, if nobody else does. */
export async function holdAsleep(drive: () => Promise<void>): Promise<void> {
    await navigator.locks.request(ASLEEP, async () => {
        const ours = navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? drive() : undefined));
        // Taken over by somebody who has opened the app: they do the rest.
        await ours.catch(() => {});
    });
}
