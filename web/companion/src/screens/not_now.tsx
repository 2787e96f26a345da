// One page for everything that says no: why, in a sentence, and the exercise as its body.

import { useRef } from "preact/hooks";
import { usePlayer, useSession } from "../context";
import { turn } from "../place";
import type { Session } from "../session/session";
import type { ClipView } from "../session/shelf";
import { saysWhen } from "../when";
import { Breathing } from "./orb";
import { Page } from "./page";

export function NotNow({ release }: { release: string }) {
    const session = useSession();
    const player = usePlayer();
    const { notNow, player: said } = session.words.value;
    const clip = session.shelf.clips.value.find((one) => one.release === release);
    // Whoever waits here until it is ready is told so, and may play it.
    const waited = useRef(false);
    waited.current ||= clip !== undefined && session.shelf.awaited(clip) !== undefined;
    const isReady = waited.current && clip?.access.is === "playable";
    return (
        <Page title={notNow.title}>
            <p class="lead" role="status">
                {isReady ? notNow.ready : reason(session, clip)}
            </p>
            {isReady && (
                <button
                    type="button"
                    class="button wide"
                    onClick={() => {
                        turn({ at: "home" });
                        player.play(release, clip.words);
                    }}
                >
                    {said.play}
                </button>
            )}
            <Breathing />
            <button type="button" class="button soft wide foot" onClick={() => turn({ at: "home" })}>
                {notNow.done}
            </button>
        </Page>
    );
}

function reason({ words, shelf }: Session, clip: ClipView | undefined): string {
    const { clips: said, notNow } = words.value;
    const when = (at: number) => saysWhen(at, words.value);
    if (!clip) return notNow.over;
    switch (shelf.awaited(clip)) {
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
            return shelf.isFull.value ? said.full : notNow.phone;
    }
}

export function Elsewhere() {
    const session = useSession();
    const { notNow } = session.words.value;
    return (
        <Page title={notNow.title}>
            <p class="lead">{notNow.elsewhere}</p>
            <Breathing />
            <button type="button" class="button wide" onClick={() => void session.takeOver()}>
                {notNow.here}
            </button>
        </Page>
    );
}

/** Nothing is left here but breathing: it has gone, it does not open, or this app or browser cannot. */
export function Removed() {
    const session = useSession();
    const { broken, older, removed, unable } = session.words.value;
    const said = { broken, older, unable }[session.standing.value as string] ?? removed;
    const isKept = said === older || said === unable;
    return (
        <Page title={said.title}>
            <p class="lead">{said.words}</p>
            <Breathing />
            <button
                type="button"
                class="button soft wide"
                onClick={() => (isKept ? location.reload() : void session.beginAgain())}
            >
                {isKept ? older.again : removed.again}
            </button>
        </Page>
    );
}
