// Starts the worker that draws a recording's sound.

import { trusted } from "../programs";
import workerUrl from "./peaks.worker?worker&url";

/** How fine it is drawn. */
export const PER_SECOND = 20;

export type Drawn = { first: number; peaks: Float32Array } | { done: true } | { failed: true };

/** Draws until it is done or told to stop. */
export function draw(file: Blob, drawn: (part: Drawn) => void): () => void {
    const worker = new Worker(trusted(workerUrl), { type: "module" });
    worker.onmessage = (event: MessageEvent<Drawn>) => {
        drawn(event.data);
        if (!("peaks" in event.data)) worker.terminate();
    };
    worker.onerror = () => drawn({ failed: true });
    worker.postMessage(file);
    return () => worker.terminate();
}
