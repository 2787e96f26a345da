// A short clip that is spoken at the desk. The microphone is asked for by a tap, and let go of at once when it stops; what was
// recorded goes the same way as a file.

import { useEffect, useRef, useState } from "preact/hooks";
import { touch } from "../sign_in";
import { words } from "../strings";
import { clock, saysLength } from "../when";
import { cutOut, open } from "./media";

/** What phones play, the most widely played first. */
const KINDS = ["audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/webm;codecs=opus"];
/** A short clip; who speaks longer has a recorder. */
const LONGEST = 15 * 60;

interface RunningRecorder {
    recorder: MediaRecorder;
    stream: MediaStream;
    sound: AudioContext;
    meter: AnalyserNode;
    began: number;
}

export function Record({ recorded }: { recorded(file: File): Promise<void> }) {
    const said = words.value.cut;
    const running = useRef<RunningRecorder>(undefined);
    const here = useRef(true);
    const [seconds, setSeconds] = useState<number | undefined>();
    const [level, setLevel] = useState(0);
    const [busy, setBusy] = useState(false);
    const [trouble, setTrouble] = useState("");
    // A page that is left records nothing any more, and keeps nothing of it.
    useEffect(
        () => () => {
            here.current = false;
            letGo(running.current);
            running.current = undefined;
        },
        [],
    );
    useEffect(() => {
        if (seconds === undefined) return;
        const timer = setInterval(() => {
            const now = running.current;
            if (!now) return;
            touch();
            setLevel(loudness(now.meter));
            const passed = (Date.now() - now.began) / 1_000;
            setSeconds(Math.floor(passed));
            if (passed >= LONGEST) now.recorder.stop();
        }, 100);
        return () => clearInterval(timer);
    }, [seconds === undefined]);

    const start = async () => {
        setTrouble("");
        setBusy(true);
        let stream: MediaStream | undefined;
        try {
            stream = await navigator.mediaDevices.getUserMedia({ audio: true });
            // The question was answered after the page was left: nobody would stop it.
            if (!here.current) return stop(stream);
            const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
            const recorder = new MediaRecorder(stream, kind ? { mimeType: kind } : {});
            const sound = new AudioContext();
            const meter = sound.createAnalyser();
            sound.createMediaStreamSource(stream).connect(meter);
            const parts: Blob[] = [];
            recorder.ondataavailable = (event) => parts.push(event.data);
            recorder.onstop = () => void finish(parts, recorder.mimeType);
            running.current = { recorder, stream, sound, meter, began: Date.now() };
            recorder.start();
            setSeconds(0);
        } catch (error) {
            stop(stream);
            setTrouble(error instanceof DOMException && error.name === "NotFoundError" ? said.micNone : said.micNo);
        } finally {
            setBusy(false);
        }
    };
    const finish = async (parts: Blob[], type: string) => {
        if (!running.current) return;
        letGo(running.current);
        running.current = undefined;
        setSeconds(undefined);
        setBusy(true);
        try {
            await recorded(
                await whole(new Blob(parts, { type }), said.recordedAt(clock(new Date(), words.value.locale))),
            );
        } catch {
            setTrouble(said.failed);
        } finally {
            setBusy(false);
        }
    };
    return (
        <div class="stack tight spoken">
            {seconds === undefined ? (
                <div>
                    <button
                        type="button"
                        class="button soft"
                        disabled={busy}
                        aria-describedby="record-hint"
                        onClick={() => void start()}
                    >
                        {said.record}
                    </button>
                </div>
            ) : (
                <div class="row recording">
                    <button type="button" class="button" onClick={() => running.current?.recorder.stop()}>
                        {said.recordStop}
                    </button>
                    <p class="time">{saysLength(seconds * 1_000)}</p>
                    <meter class="grow" min="0" max="1" value={level} aria-label={said.level} />
                </div>
            )}
            <small id="record-hint" class="note" role="status">
                {seconds === undefined ? said.recordHint : said.recording}
            </small>
            <p class="says" role="alert">
                {trouble}
            </p>
        </div>
    );
}

function letGo(running: RunningRecorder | undefined): void {
    if (!running) return;
    stop(running.stream);
    void running.sound.close();
}

function stop(stream: MediaStream | undefined): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
}

/** As loud as ears take it, from 0 to 1. */
function loudness(meter: AnalyserNode): number {
    const samples = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return power === 0 ? 0 : Math.max(0, Math.min(1, 1 + Math.log10(power) / 5));
}

/** What a recorder writes says nowhere how long it is, and cannot be sought in: it is written anew, without encoding it again. */
async function whole(raw: Blob, name: string): Promise<File> {
    const { duration } = await open(raw);
    const { media } = await cutOut(raw, 0, duration, true);
    return new File([media], name, { type: media.type });
}
