// Starts the worker that draws a recording's sound.

import { program } from "../programs";
import type { LoudnessPart } from "./loudness";
import workerUrl from "./peaks.worker?worker&url";

/** Draws until it is done or told to stop. */
export function draw(file: Blob, drawn: (part: LoudnessPart) => void): () => void {
    const worker = new Worker(program(workerUrl), { type: "module" });
    worker.onmessage = (event: MessageEvent<LoudnessPart>) => {
        drawn(event.data);
        if (!("peaks" in event.data)) worker.terminate();
    };
    worker.onerror = () => drawn({ failed: true });
    worker.postMessage(file);
    return () => worker.terminate();
}
