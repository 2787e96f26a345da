// Plays a day as small bars, and a line where it was agreed.

import { shortDay } from "./listening";

export interface Day { day: string; plays: number }

const [WIDTH, HEIGHT, FOOT] = [960, 128, 22];

export function Chart({ days, agreed, label }: { days: Day[]; agreed: number | undefined; label: string }) {
    const most = Math.max(3, agreed ?? 0, ...days.map((day) => day.plays));
    const y = (plays: number) => HEIGHT - FOOT - (plays / most) * (HEIGHT - FOOT - 8);
    const step = WIDTH / days.length;
    return (
        <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
            <line class="floor" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
            {days.map((day, at) => day.plays > 0 && (
                <rect key={day.day} x={at * step + step * 0.18} width={step * 0.64} y={y(day.plays)} height={y(0) - y(day.plays)} rx="3">
                    <title>{`${shortDay(day.day)}: ${day.plays}`}</title>
                </rect>
            ))}
            {agreed !== undefined && <line class="agreed" x1="0" x2={WIDTH} y1={y(agreed)} y2={y(agreed)} />}
            {days.map((day, at) => at % 7 === 6 && (
                <text key={day.day} x={at * step + step / 2} y={HEIGHT - 5} text-anchor={at === days.length - 1 ? "end" : "middle"}>{shortDay(day.day)}</text>
            ))}
        </svg>
    );
}
