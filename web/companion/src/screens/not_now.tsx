// One page for everything that says no: why, in a sentence, and the exercise as its body.

import { useRef } from "preact/hooks";
import { turn } from "../place";
import { play } from "../player";
import { lockAgain } from "../session/lock";
import { awaited, beginAgain, type ClipView, clips, database, drive, full, words } from "../session/session";
import { saysWhen } from "../when";
import { Breathing } from "./orb";
import { Page } from "./page";

export function NotNow({ release }: { release: string }) {
    const { notNow, player } = words.value;
    const clip = clips.value.find((one) => one.release === release);
    // Whoever waits here until it is ready is told so, and may play it.
    const waited = useRef(false);
    waited.current ||= clip !== undefined && awaited(clip) !== undefined;
    const isReady = waited.current && clip?.access.is === "playable";
    return (
        <Page title={notNow.title}>
            <p class="lead" role="status">
                {isReady ? notNow.ready : reason(clip)}
            </p>
            {isReady && (
                <button
                    type="button"
                    class="button wide"
                    onClick={() => {
                        turn({ at: "home" });
                        play(release, clip.words);
                    }}
                >
                    {player.play}
                </button>
            )}
            <Breathing />
            <button type="button" class="button soft wide foot" onClick={() => turn({ at: "home" })}>
                {notNow.done}
            </button>
        </Page>
    );
}

function reason(clip: ClipView | undefined): string {
    const { clips: said, notNow } = words.value;
    const when = (at: number) => saysWhen(at, words.value);
    if (!clip) return notNow.over;
    switch (awaited(clip)) {
        case "rest":
            return notNow.resting;
        case "coming":
            return notNow.coming;
        case "room":
            return said.full;
        case "contact":
            return notNow.contact;
    }
    switch (clip.access.is) {
        case "later":
            return notNow.later(when(clip.access.from));
        case "dose_reached":
            return notNow.enough;
        case "quiet_hours":
            return notNow.quiet(when(clip.access.again_at));
        case "ended":
            return notNow.over;
        // Nothing stands against it but the phone itself: no sound that it could be heard through, a file it cannot read.
        default:
            return full.value ? said.full : notNow.phone;
    }
}

export function Elsewhere() {
    const { notNow } = words.value;
    return (
        <Page title={notNow.title}>
            <p class="lead">{notNow.elsewhere}</p>
            <Breathing />
            <button
                type="button"
                class="button wide"
                onClick={() => void lockAgain(database()).then(() => drive(true))}
            >
                {notNow.here}
            </button>
        </Page>
    );
}

export function Removed() {
    const { removed } = words.value;
    return (
        <Page title={removed.title}>
            <p class="lead">{removed.words}</p>
            <Breathing />
            <button type="button" class="button soft wide" onClick={() => void beginAgain()}>
                {removed.again}
            </button>
        </Page>
    );
}
