// The player: one large button, and what the therapist has said to listen for.

import { useEffect, useRef } from "preact/hooks";
import { usePlayer, useSession } from "../context";
import { back, turn } from "../place";
import type { Player, Playing } from "../player";
import { HelpLink, useHeading } from "./page";

const SPEEDS = [0.75, 1, 1.25];

export function ClipScreen({ release, words: clip, element }: Playing) {
    const session = useSession();
    const player = usePlayer();
    const { player: said, clips } = session.words.value;
    const { length, paused, position, speed } = player;
    const title = clip?.title ?? clips.untitled;
    useHeading(title);
    const media = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (element instanceof HTMLVideoElement) media.current?.append(element);
    }, [element]);
    const now = Math.min(position.value, length.value);
    const mark = clip?.marks.findLast((one) => one.at <= now * 1_000);
    const returns = () => {
        player.stop();
        void session.returnClip(release);
        turn({ at: "returned", release });
    };
    return (
        <main class="page player">
            <HelpLink leave={() => player.stop()} />
            <h1 tabIndex={-1}>{title}</h1>
            {clip?.note && <p class="lead">{clip.note}</p>}
            <div ref={media} class="picture" />
            <p class="mark" aria-live="polite">
                {mark?.words}
            </p>
            <div class="controls">
                <button
                    type="button"
                    class="button quiet"
                    onClick={() => player.seek(now - 15)}
                    aria-label={said.back15}
                >
                    −15
                </button>
                <button
                    type="button"
                    class="play large"
                    aria-label={paused.value ? said.play : said.pause}
                    onClick={() => player.toggle()}
                >
                    <span class={paused.value ? "" : "bars"} aria-hidden="true" />
                </button>
                <button
                    type="button"
                    class="button quiet"
                    onClick={() => nextSpeed(player)}
                    aria-label={`${said.speed} ${speed.value}`}
                >
                    {speed.value}×
                </button>
            </div>
            <div class="where">
                <input
                    type="range"
                    min="0"
                    max={Math.max(length.value, 1)}
                    step="1"
                    value={now}
                    aria-label={said.position}
                    aria-valuetext={clock(now)}
                    onInput={(event) => player.seek(Number(event.currentTarget.value))}
                />
                <span class="note">{clock(now)}</span>
                <span class="note">{clock(length.value)}</span>
            </div>
            {clip && clip.marks.length > 1 && (
                <details class="read">
                    <summary>{said.read}</summary>
                    <ol>
                        {clip.marks.map((one) => (
                            <li key={one.at} aria-current={one === mark ? "true" : undefined}>
                                <button type="button" class="button quiet" onClick={() => player.seek(one.at / 1_000)}>
                                    {one.words}
                                </button>
                            </li>
                        ))}
                    </ol>
                </details>
            )}
            <div class="stack foot">
                <button
                    type="button"
                    class="button soft wide"
                    onClick={() => {
                        player.stop();
                        back();
                    }}
                >
                    {said.stop}
                </button>
                <button type="button" class="button quiet" onClick={returns}>
                    {said.returns}
                </button>
            </div>
        </main>
    );
}

function nextSpeed(player: Player): void {
    player.changeSpeed(SPEEDS[(SPEEDS.indexOf(player.speed.value) + 1) % SPEEDS.length]!);
}

function clock(seconds: number): string {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
