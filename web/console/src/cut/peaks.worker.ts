// How loud it is, from beginning to end, read as a stream: of an hour of sound, a few are in memory at a time.

import { ALL_FORMATS, AudioSampleSink, BlobSource, Input } from "mediabunny";
import { type LoudnessPart, PER_SECOND } from "./loudness";

/** How often the page is told, in peaks: often enough to see that it goes on. */
const PART = PER_SECOND * 30;

addEventListener("message", (event: MessageEvent<Blob>) => {
    read(event.data).then(
        () => tell({ done: true }),
        () => tell({ failed: true }),
    );
});

async function read(file: Blob): Promise<void> {
    using input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
    const track = await input.getPrimaryAudioTrack();
    if (!track || !(await track.canDecode())) throw new TypeError("no sound");
    let part = new Float32Array(PART);
    let first = 0;
    const send = (used: number) => {
        tell({ first, peaks: part.subarray(0, used) });
        first += PART;
        part = new Float32Array(PART);
    };
    let plane = new Float32Array(0);
    let last = 0;
    for await (const sample of new AudioSampleSink(track).samples()) {
        const frames = sample.numberOfFrames;
        if (plane.length < frames) plane = new Float32Array(frames);
        // One channel is enough to see where somebody speaks.
        sample.copyTo(plane.subarray(0, frames), { planeIndex: 0, format: "f32-planar" });
        const begin = Math.max(sample.timestamp, 0) * PER_SECOND;
        const step = PER_SECOND / sample.sampleRate;
        for (let frame = 0; frame < frames; frame += 4) {
            const at = Math.floor(begin + frame * step);
            while (at >= first + PART) send(PART);
            const loud = Math.abs(plane[frame]!);
            const place = at - first;
            if (place >= 0 && loud > part[place]!) part[place] = loud;
            last = Math.max(last, at);
        }
        sample.close();
    }
    send(last - first + 1);
}

function tell(drawn: LoudnessPart): void {
    postMessage(drawn);
}
