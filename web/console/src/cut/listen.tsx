// Listening through what was cut: the very bytes that are sent. It can be used when all of it was heard.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { touch } from "../sign_in";
import { words } from "../strings";
import { saysLength } from "../when";
import type { Piece } from "./media";

/** How finely it is noted what was heard, in parts of a second. */
const FINE = 4;
/** A step that is longer is a jump, and was not heard. */
const JUMP = 1.5;

export function Listen({ piece, asked, heard }: { piece: Piece; asked: number; heard(all: boolean): void }) {
    const said = words.value.cut;
    const url = useMemo(() => URL.createObjectURL(piece.media), [piece]);
    useEffect(() => () => URL.revokeObjectURL(url), [url]);
    const parts = useRef<boolean[]>([]);
    const last = useRef(0);
    const [count, setCount] = useState(0);
    const whole = Math.max(1, Math.floor(piece.duration * FINE));
    const note = (element: HTMLMediaElement) => {
        touch();
        const now = element.ended ? piece.duration : element.currentTime;
        const step = now - last.current;
        if (step > 0 && step < JUMP) {
            for (let part = Math.floor(last.current * FINE); part < Math.ceil(now * FINE) && part < whole; part += 1)
                parts.current[part] = true;
        }
        last.current = now;
        const found = parts.current.filter(Boolean).length;
        setCount(found);
        if (found >= whole) heard(true);
    };
    const media = {
        src: url,
        controls: true,
        controlsList: "nodownload" as const,
        "aria-label": said.listen,
        onTimeUpdate: (event: Event) => note(event.currentTarget as HTMLMediaElement),
        onEnded: (event: Event) => note(event.currentTarget as HTMLMediaElement),
        onSeeking: (event: Event) => {
            last.current = (event.currentTarget as HTMLMediaElement).currentTime;
        },
    };
    const all = count >= whole;
    return (
        <section class="stack tight" aria-label={said.listen}>
            <h2>{said.listen}</h2>
            <p class="note">{said.listenWords}</p>
            {asked - piece.duration > 0.5 && <p class="waits">{said.shorter(saysLength(piece.duration * 1_000))}</p>}
            {piece.isVideo ? <video {...media} playsInline /> : <audio {...media} />}
            <p class={all ? "" : "note"} role="status">
                {all
                    ? said.heardAll
                    : said.heardPart(saysLength((count / FINE) * 1_000), saysLength(piece.duration * 1_000))}
            </p>
        </section>
    );
}
