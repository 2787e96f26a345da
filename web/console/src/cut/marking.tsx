// Finding the piece: playing the recording, and marking where the piece begins and ends.

import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { faultOfPlace, seconds } from "../faults";
import { touch } from "../sign_in";
import { words } from "../strings";
import { saysLength } from "../when";
import { Wave } from "./wave";
import { change, drawnPart, type Work } from "./work";

const STEP = 5;

export function Marking({ work, changed }: { work: Work; changed(): void }) {
    const said = words.value.cut;
    const media = useRef<HTMLVideoElement>(null);
    const [at, setAt] = useState(work.start);
    const [playing, setPlaying] = useState(false);
    const seek = (to: number) => {
        const there = Math.max(0, Math.min(to, work.duration));
        if (media.current) media.current.currentTime = there;
        setAt(there);
    };
    const toggle = () => {
        if (media.current?.paused) void media.current.play();
        else media.current?.pause();
    };
    const markIn = (to: number) => {
        change({ start: to, end: Math.max(work.end, Math.min(to + 1, work.duration)) });
        changed();
    };
    const markOut = (to: number) => {
        change({ end: to, start: Math.min(work.start, Math.max(to - 1, 0)) });
        changed();
    };
    const key = (event: KeyboardEvent) => {
        const act = {
            " ": toggle,
            ArrowLeft: () => seek(at - STEP),
            ArrowRight: () => seek(at + STEP),
            i: () => markIn(at),
            o: () => markOut(at),
        }[event.key];
        // In a field a key writes, and a button has a space of its own.
        const target = event.target as HTMLElement;
        if (!act || target.tagName === "INPUT" || (event.key === " " && target.tagName === "BUTTON")) return;
        event.preventDefault();
        act();
    };
    return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the whole part is steered from the keyboard.
        <section class="card stack marking" tabIndex={0} onKeyDown={key} aria-label={said.keys}>
            <video
                ref={media}
                src={work.url}
                class={work.hasVideo ? "" : "sound"}
                playsInline
                preload="auto"
                aria-label={said.whole}
                onPlay={() => setPlaying(true)}
                onPause={() => setPlaying(false)}
                onTimeUpdate={(event) => {
                    touch();
                    setAt(event.currentTarget.currentTime);
                }}
            />
            <Wave work={work} at={at} seek={seek} />
            {drawnPart.value < 1 && (
                <p class="note" role="status">
                    {said.reading(Math.floor(drawnPart.value * 100))}
                </p>
            )}
            <label class="position">
                <span class="hidden">{said.position}</span>
                <input
                    type="range"
                    min="0"
                    max={work.duration}
                    step="0.1"
                    value={at}
                    aria-valuetext={saysLength(at * 1_000)}
                    onInput={(event) => seek(Number(event.currentTarget.value))}
                />
            </label>
            <div class="row controls">
                <button type="button" class="button quiet" aria-label={said.backward} onClick={() => seek(at - STEP)}>
                    −5
                </button>
                <button type="button" class="button" onClick={toggle}>
                    {playing ? said.pause : said.play}
                </button>
                <button type="button" class="button quiet" aria-label={said.forward} onClick={() => seek(at + STEP)}>
                    +5
                </button>
                <output class="time">
                    {saysLength(at * 1_000)} <span class="note">/ {saysLength(work.duration * 1_000)}</span>
                </output>
                <span class="grow" />
                <button type="button" class="button soft" onClick={() => markIn(at)}>
                    {said.markIn}
                </button>
                <button type="button" class="button soft" onClick={() => markOut(at)}>
                    {said.markOut}
                </button>
            </div>
            <div class="row controls">
                <TimeField label={said.from} at={work.start} most={work.duration} change={markIn} />
                <TimeField label={said.to} at={work.end} most={work.duration} change={markOut} />
                <p class="grow">
                    {work.end > work.start ? said.piece(saysLength((work.end - work.start) * 1_000)) : said.order}
                </p>
                {work.hasVideo && (
                    <label class="check">
                        <input
                            type="checkbox"
                            checked={work.soundOnly}
                            onChange={(event) => {
                                change({ soundOnly: event.currentTarget.checked });
                                changed();
                            }}
                        />
                        <span>{said.soundOnly}</span>
                    </label>
                )}
            </div>
            <p class="note">{said.keys}.</p>
        </section>
    );
}

/** A place in the recording that can be typed: 12:30, or 750. */
function TimeField({
    label,
    at,
    most,
    change: set,
}: {
    label: string;
    at: number;
    most: number;
    change(to: number): void;
}) {
    const [text, setText] = useState(saysLength(at * 1_000));
    const written = useRef(at);
    useEffect(() => {
        if (written.current !== at) setText(saysLength(at * 1_000));
    }, [at]);
    const type = (to: string) => {
        setText(to);
        const said = seconds(to);
        if (said === undefined || faultOfPlace(label, to, most * 1_000)) return;
        written.current = Math.min(said, most);
        set(written.current);
    };
    // What cannot be read marks nothing, and is not cut: the mark that still counts is another than the one that stands there.
    const fault = faultOfPlace(label, text, most * 1_000);
    return (
        <Field
            label={label}
            hint={words.value.cut.timeHint}
            value={text}
            change={type}
            fault={fault}
            attributes={{ size: "8", autocomplete: "off" }}
        />
    );
}
