// How loud a recording is, as the worker tells it and the page draws it.

/** How fine it is drawn. */
export const PER_SECOND = 20;

export type LoudnessPart = { first: number; peaks: Float32Array } | { done: true } | { failed: true };
