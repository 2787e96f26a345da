// What somebody may have in the place of a clip that ends or rests: another one, that is shared next and on purpose.

import type { Clip } from "../api/answers";
import { type Case, isOver } from "../case";
import { words } from "../strings";

/** The client's clips that are not shared with them now, but for the one that goes. */
export function others(of: Case, gone: Clip | undefined): Clip[] {
    const shared = new Set(of.releases.filter((one) => !isOver(one)).map((one) => one.clip));
    return of.clips.filter((one) => one.clip !== gone?.clip && !shared.has(one.clip));
}

export function Instead(props: { clips: Clip[]; chosen: string; choose(clip: string): void }) {
    const said = words.value.change;
    if (props.clips.length === 0) return null;
    return (
        <div class="field">
            <label for="instead">{said.instead}</label>
            <select
                id="instead"
                value={props.chosen}
                aria-describedby="instead-hint"
                onChange={(event) => props.choose(event.currentTarget.value)}
            >
                <option value="">{said.insteadNothing}</option>
                {props.clips.map((one) => (
                    <option key={one.clip} value={one.clip}>
                        {one.title}
                    </option>
                ))}
            </select>
            <small id="instead-hint">{said.insteadNext}</small>
        </div>
    );
}
