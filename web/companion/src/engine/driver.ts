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
    const broke: unknown[] = [];
    try {
        await navigator.locks.request(LOCK, options, async () => {
            try {
                await drive();
            } catch (error) {
                broke.push(error);
            }
        });
    } catch (error) {
        // The lock was taken, or did not come in time. Whatever else is thrown is no other window: a full disk, say.
        if (error instanceof DOMException && ["AbortError", "TimeoutError"].includes(error.name)) return false;
        throw error;
    }
    if (broke.length > 0) throw broke[0];
    return true;
}

/** Holds the machine for a wake-up, one after the other. Whatever page may hold it is frozen, or is being closed: it has not answered. */
export async function holdAsleep(drive: () => Promise<void>): Promise<void> {
    await navigator.locks.request(ASLEEP, async () => {
        const ours = navigator.locks.request(LOCK, { steal: true }, drive);
        // Taken over by somebody who has opened the app: they do the rest.
        await ours.catch(() => {});
    });
}
