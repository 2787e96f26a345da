// Cutting a piece out of a recording, here, without encoding it again.

import {
    ALL_FORMATS,
    BlobSource,
    BufferTarget,
    Conversion,
    FLAC,
    Input,
    type InputFormat,
    MATROSKA,
    MP3,
    Mp3OutputFormat,
    Mp4OutputFormat,
    OGG,
    OggOutputFormat,
    Output,
    type OutputFormat,
    WAVE,
    WavOutputFormat,
    WEBM,
    WebMOutputFormat,
} from "mediabunny";

export interface OpenedRecording {
    duration: number;
    hasVideo: boolean;
}

/** What was cut: exactly what is listened to, and exactly what is sent. */
export interface Piece {
    media: Blob;
    duration: number;
    isVideo: boolean;
}

export async function open(file: Blob): Promise<OpenedRecording> {
    using input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
    const audio = await input.getPrimaryAudioTrack();
    const video = await input.getPrimaryVideoTrack();
    if (!audio && !video) throw new TypeError("neither sound nor picture");
    return { duration: await input.computeDuration(), hasVideo: video !== null };
}

export async function cutOut(file: Blob, start: number, end: number, soundOnly: boolean): Promise<Piece> {
    using input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
    const from = await input.getFormat();
    const video = soundOnly ? null : await input.getPrimaryVideoTrack();
    const target = new BufferTarget();
    const output = new Output({ format: formatFor(from), target });
    const conversion = await Conversion.init({
        input,
        output,
        tracks: "primary",
        trim: { start, end },
        // Titles, places, dates and pictures of the recording are not the client's to carry about.
        tags: {},
        ...(soundOnly ? { video: { discard: true } } : {}),
        // FLAC keeps where in the recording a piece was, and players believe it: it is encoded anew.
        copy:
            from === FLAC
                ? false
                : {
                      mode: "forced",
                      // By default a copied picture begins at the key frame *before* the mark, and what came before it stays in the file
                      // for whoever looks. Never "expand".
                      boundaryPolicy: "shrink",
                      shiftTolerance: Infinity,
                  },
        showWarnings: false,
    });
    if (!conversion.isValid) throw new TypeError("this cannot be cut");
    await conversion.execute();
    const media = new Blob([target.buffer!], { type: await output.getMimeType() });
    return { media, duration: (await open(media)).duration, isVideo: video !== null };
}

/** The same container again, or the nearest that phones play. */
function formatFor(from: InputFormat): OutputFormat {
    switch (from) {
        case MP3:
            return new Mp3OutputFormat();
        case OGG:
            return new OggOutputFormat();
        case WAVE:
            return new WavOutputFormat();
        case WEBM:
        case MATROSKA:
        case FLAC:
            return new WebMOutputFormat();
        default:
            return new Mp4OutputFormat({ fastStart: "in-memory" });
    }
}
