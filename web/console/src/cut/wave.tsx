// The sound of a recording: all of it, and around where one is. Whoever does not see it has buttons, fields and keys.

import { useEffect, useRef } from "preact/hooks";
import { words } from "../strings";
import { PER_SECOND } from "./loudness";
import { drawnPart, peaks, type Work } from "./work";

/** How many seconds are shown around where one is. */
const NEAR = 90;

export function Wave({ work, at, seek }: { work: Work; at: number; seek(to: number): void }) {
    const said = words.value.cut;
    const from = Math.max(0, Math.min(at - NEAR / 2, work.duration - NEAR));
    return (
        <div class="waves" role="img" aria-label={said.wave}>
            <Strip work={work} at={at} from={0} to={work.duration} seek={seek} label={said.whole} />
            {work.duration > NEAR && (
                <Strip work={work} at={at} from={from} to={from + NEAR} seek={seek} label={said.near} tall />
            )}
        </div>
    );
}

function Strip(props: {
    work: Work;
    at: number;
    from: number;
    to: number;
    seek(to: number): void;
    label: string;
    tall?: boolean;
}) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const { work, at, from, to } = props;
    const drawn = drawnPart.value;
    useEffect(() => {
        const here = canvas.current;
        if (!here) return;
        const paint = () => drawStrip(here, { ...props.work, at, from, to });
        paint();
        const watching = new ResizeObserver(paint);
        watching.observe(here);
        const dark = matchMedia("(prefers-color-scheme: dark)");
        dark.addEventListener("change", paint);
        return () => {
            watching.disconnect();
            dark.removeEventListener("change", paint);
        };
    }, [drawn, at, from, to, work.start, work.end]);
    const click = (event: MouseEvent) => {
        const box = canvas.current!.getBoundingClientRect();
        props.seek(from + ((event.clientX - box.left) / box.width) * (to - from));
    };
    return (
        <div>
            <p class="note small" aria-hidden="true">
                {props.label}
            </p>
            <canvas ref={canvas} class={props.tall ? "wave tall" : "wave"} onClick={click} />
        </div>
    );
}

function drawStrip(
    canvas: HTMLCanvasElement,
    view: { start: number; end: number; at: number; from: number; to: number },
): void {
    const scale = devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const paint = canvas.getContext("2d");
    if (!paint || width === 0) return;
    const style = getComputedStyle(canvas);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const x = (seconds: number) => ((seconds - view.from) / (view.to - view.from)) * width;
    paint.clearRect(0, 0, width, height);
    paint.fillStyle = colour("--accent-soft");
    paint.fillRect(x(view.start), 0, x(view.end) - x(view.start), height);
    const bar = Math.max(1, Math.round(2 * scale));
    for (let left = 0; left < width; left += bar + Math.ceil(scale)) {
        const begin = view.from + (left / width) * (view.to - view.from);
        const end = view.from + ((left + bar + 1) / width) * (view.to - view.from);
        const loud = loudest(begin, end);
        const tall = Math.max(scale, loud * (height - 4 * scale));
        paint.fillStyle = begin >= view.start && begin < view.end ? colour("--accent") : colour("--soft");
        paint.fillRect(left, (height - tall) / 2, bar, tall);
    }
    paint.fillStyle = colour("--glow-deep");
    paint.fillRect(x(view.at) - scale, 0, 2 * scale, height);
}

function loudest(begin: number, end: number): number {
    const [first, last] = [Math.floor(begin * PER_SECOND), Math.ceil(end * PER_SECOND)];
    let loud = 0;
    for (let at = first; at < last; at += 1) loud = Math.max(loud, peaks.value[at] ?? 0);
    return Math.min(1, loud);
}
