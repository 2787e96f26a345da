// One page for everything that says no: why, in a sentence, and the exercise as its body.

import { turn } from "../place";
import { lockAgain } from "../lock";
import { beginAgain, clips, database, drive, full, words } from "../state";
import { saysWhen } from "../when";
import { Breathing } from "./orb";
import { Page } from "./page";

export function NotNow({ release }: { release: string }) {
    const { notNow } = words.value;
    return (
        <Page title={notNow.title}>
            <p class="lead">{reason(release)}</p>
            <Breathing />
            <button type="button" class="button soft wide foot" onClick={() => turn({ at: "home" })}>{notNow.done}</button>
        </Page>
    );
}

function reason(release: string): string {
    const { notNow } = words.value;
    const clip = clips.value.find((one) => one.release === release);
    const when = (at: number) => saysWhen(at, words.value);
    if (!clip) return notNow.over;
    switch (clip.access.is) {
        case "later": return notNow.later(when(clip.access.from));
        case "dose_reached": return notNow.enough;
        case "quiet_hours": return notNow.quiet(when(clip.access.again_at));
        case "held": return notNow.resting;
        case "ended": return notNow.over;
        // Nothing stands against it but the phone itself: no sound that it could be heard through, a file it cannot read.
        case "playable": return full.value ? words.value.clips.full : notNow.phone;
        default: return notNow.contact;
    }
}

export function Elsewhere() {
    const { notNow } = words.value;
    return (
        <Page title={notNow.title}>
            <p class="lead">{notNow.elsewhere}</p>
            <Breathing />
            <button type="button" class="button wide" onClick={() => void lockAgain(database()).then(() => drive(true))}>{notNow.here}</button>
        </Page>
    );
}

export function Removed() {
    const { removed } = words.value;
    return (
        <Page title={removed.title}>
            <p class="lead">{removed.words}</p>
            <Breathing />
            <button type="button" class="button soft wide" onClick={() => void beginAgain()}>{removed.again}</button>
        </Page>
    );
}
