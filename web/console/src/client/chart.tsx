// Plays as small bars: by day, with a line where it was agreed, and by part of the day.

import type { Parts } from "../api/answers";
import { words } from "../strings";
import { saysShortDay } from "../when";

export interface Day {
    day: string;
    plays: number;
}

const [WIDTH, HEIGHT, FOOT] = [960, 128, 22];

export function Chart({ days, agreed, label }: { days: Day[]; agreed: number | undefined; label: string }) {
    const most = Math.max(3, agreed ?? 0, ...days.map((day) => day.plays));
    const y = (plays: number) => HEIGHT - FOOT - (plays / most) * (HEIGHT - FOOT - 8);
    const step = WIDTH / days.length;
    return (
        <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
            <line class="floor" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
            {days.map(
                (day, at) =>
                    day.plays > 0 && (
                        <rect
                            key={day.day}
                            x={at * step + step * 0.18}
                            width={step * 0.64}
                            y={y(day.plays)}
                            height={y(0) - y(day.plays)}
                            rx="3"
                        >
                            <title>{`${saysShortDay(day.day, words.value)}: ${day.plays}`}</title>
                        </rect>
                    ),
            )}
            {agreed !== undefined && <line class="agreed" x1="0" x2={WIDTH} y1={y(agreed)} y2={y(agreed)} />}
            {days.map(
                (day, at) =>
                    at % 7 === 6 && (
                        <text
                            key={day.day}
                            x={at * step + step / 2}
                            y={HEIGHT - 5}
                            text-anchor={at === days.length - 1 ? "end" : "middle"}
                        >
                            {saysShortDay(day.day, words.value)}
                        </text>
                    ),
            )}
        </svg>
    );
}

const QUARTER = 120;
const PARTS = ["night", "morning", "afternoon", "evening"] as const;

export function PartsChart({ parts, label }: { parts: Parts; label: string }) {
    const said = words.value.listening.parts;
    const most = Math.max(1, ...PARTS.map((part) => parts[part]));
    const tall = (plays: number) => (plays / most) * (HEIGHT - 2 * FOOT - 4);
    const foot = HEIGHT - FOOT;
    return (
        <svg
            class="chart parts"
            viewBox={`0 0 ${QUARTER * PARTS.length} ${HEIGHT}`}
            role="img"
            aria-label={`${label}: ${PARTS.map((part) => `${said[part]} ${parts[part]}`).join(", ")}`}
        >
            <line class="floor" x1="0" x2={QUARTER * PARTS.length} y1={foot} y2={foot} />
            {PARTS.map((part, at) => {
                const middle = (at + 0.5) * QUARTER;
                return (
                    <g key={part}>
                        {parts[part] > 0 && (
                            <rect
                                x={middle - 24}
                                width={48}
                                y={foot - tall(parts[part])}
                                height={tall(parts[part])}
                                rx="3"
                            />
                        )}
                        <text x={middle} y={foot - tall(parts[part]) - 6} text-anchor="middle">
                            {parts[part]}
                        </text>
                        <text x={middle} y={HEIGHT - 5} text-anchor="middle">
                            {said[part]}
                        </text>
                    </g>
                );
            })}
        </svg>
    );
}
