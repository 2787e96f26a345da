// The cut that is being made. It is in memory only, and outlives a desk that locks: the place in an hour of talk is hard to
// find again.

import { signal } from "@preact/signals";
import { onSignOut } from "../on_sign_out";
import { PER_SECOND } from "./loudness";
import { draw } from "./peaks";

export interface Work {
    client: string;
    recording: string;
    file: File;
    url: string;
    duration: number;
    hasVideo: boolean;
    soundOnly: boolean;
    /** Seconds. */
    start: number;
    end: number;
    heard: string[];
    title: string;
}

/** Where a piece begins that nobody has marked yet. */
const FIRST = 60;

export const work = signal<Work | undefined>(undefined);
/** How loud it is; grows as it is read. */
export const peaks = signal<Float32Array>(new Float32Array(0));
/** How much of it was read, 0 to 1; more is not known of a recording without sound. */
export const drawnPart = signal(0);

let stopDrawing = () => {};

export function begin(
    client: string,
    recording: string,
    file: File,
    opened: { duration: number; hasVideo: boolean },
): void {
    clear();
    const { duration, hasVideo } = opened;
    work.value = {
        client,
        recording,
        file,
        duration,
        hasVideo,
        url: URL.createObjectURL(file),
        soundOnly: false,
        start: 0,
        end: Math.min(FIRST, duration),
        heard: [],
        title: "",
    };
    const all = new Float32Array(Math.ceil(duration * PER_SECOND) + 1);
    peaks.value = all;
    stopDrawing = draw(file, (part) => {
        if (!("peaks" in part)) {
            drawnPart.value = 1;
            return;
        }
        const room = all.length - part.first;
        if (room > 0) all.set(part.peaks.subarray(0, room), part.first);
        drawnPart.value = Math.min(0.999, (part.first + part.peaks.length) / all.length);
    });
}

export function change(to: Partial<Work>): void {
    if (work.value) work.value = { ...work.value, ...to };
}

export function clear(): void {
    stopDrawing();
    if (work.value) URL.revokeObjectURL(work.value.url);
    work.value = undefined;
    peaks.value = new Float32Array(0);
    drawnPart.value = 0;
}

onSignOut(clear);
