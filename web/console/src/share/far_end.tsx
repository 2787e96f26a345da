// An end that is far away: somebody says that it is meant.

import { daysUntil, isFar } from "../faults";
import { words } from "../strings";
import { saysDay } from "../when";

export function FarEnd(props: {
    end: number | undefined;
    sure: number | undefined;
    change(sure: number | undefined): void;
    fault?: string | undefined;
}) {
    const { faults } = words.value;
    const { end } = props;
    if (end === undefined || !isFar(end)) return null;
    return (
        <div class="field">
            <label class="check">
                <input
                    type="checkbox"
                    checked={props.sure === end}
                    aria-describedby="far-end"
                    {...(props.fault ? { "aria-invalid": "true" as const } : {})}
                    onChange={(event) => props.change(event.currentTarget.checked ? end : undefined)}
                />
                <span>{faults.meant(daysUntil(end), saysDay(end, words.value))}</span>
            </label>
            <small id="far-end" class="fault">
                {props.fault}
            </small>
        </div>
    );
}
