// The two clocks of this run, as the machine reads them.

/** The wall clock, and the time since this run began. */
export function clocks(): [wall: number, mono: number] {
    return [Date.now(), performance.now()];
}
