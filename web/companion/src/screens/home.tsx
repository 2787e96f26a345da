// Home: breathing first, then the clips. From a cold start it is one tap to playing.

import { capital } from "../../../ui/capital";
import { usePlayer, useSession } from "../context";
import { go } from "../place";
import type { Player } from "../player";
import type { Session } from "../session/session";
import type { ClipView } from "../session/shelf";
import { saysWhen } from "../when";
import { Digits } from "./digits";
import { useHeading } from "./page";
import { ToBreathe } from "./to_breathe";

/** When a clip ends within this, a quiet line says so. */
const SOON = 2 * 86_400_000;

export function Home() {
    const session = useSession();
    const { circle, shelf } = session;
    const { clips: said } = session.words.value;
    const { simple } = session.settings.value;
    const clips = shelf.clips.value;
    useHeading(said.title);
    // One clip: the first that plays now, or else whichever there is, with the page that says why not.
    const shown = simple ? (clips.find((clip) => clip.access.is === "playable") ?? clips[0]) : undefined;
    return (
        <main class="page home">
            <ToBreathe />
            <h1 tabIndex={-1} class={simple ? "hidden" : undefined}>
                {said.title}
            </h1>
            {circle.newPhones.value.map((phone) => (
                <section class="card clip" key={phone.device}>
                    <p>{said.newPhone(phone.name)}</p>
                    <button type="button" class="button soft" onClick={() => void circle.knowPhone(phone.device)}>
                        {said.myPhone}
                    </button>
                    <button type="button" class="button quiet" onClick={() => go({ at: "phones" })}>
                        {said.notMyPhone}
                    </button>
                </section>
            ))}
            {shelf.partings.value.map((release) => (
                <section class="card clip" key={release}>
                    <p>{said.over}</p>
                    <button type="button" class="button soft" onClick={() => go({ at: "goodbye", release })}>
                        {said.readNote}
                    </button>
                </section>
            ))}
            {shown && <One {...shown} />}
            {!simple && clips.map((clip) => <Clip key={clip.release} {...clip} />)}
            {clips.length === 0 && shelf.partings.value.length === 0 && (
                <section class="card empty">
                    <p class="serif">{said.none}</p>
                    <p class="note">{said.noneWords(session.therapist.value)}</p>
                </section>
            )}
            {shelf.isFull.value && (
                <p class="note" role="status">
                    {said.full}
                </p>
            )}
            <Digits />
            {!simple && clips.some((clip) => clip.ready) && (
                <button type="button" class="button quiet" onClick={() => go({ at: "ask" })}>
                    {said.longer}
                </button>
            )}
        </main>
    );
}

function Clip(clip: ClipView) {
    const session = useSession();
    const player = usePlayer();
    const { clips: said } = session.words.value;
    const title = clip.words?.title ?? said.untitled;
    if (clip.undoUntil !== undefined) {
        return (
            <section class="card clip">
                <h2>{title}</h2>
                <p>{said.stopping}</p>
                <button type="button" class="button soft" onClick={() => void session.takeBack(clip.release)}>
                    {said.undo}
                </button>
            </section>
        );
    }
    const playable = clip.access.is === "playable";
    return (
        <section class={`card clip ${playable ? "" : "resting"}`}>
            <div class="row">
                <div class="stack tight">
                    <h2>{title}</h2>
                    <p class="note">{detail(session, clip)}</p>
                </div>
                <button type="button" class="play" aria-label={said.play(title)} onClick={() => press(player, clip)}>
                    <span aria-hidden="true" />
                </button>
            </div>
            {clip.asks === undefined ? (
                <p class="note">{reach(session, clip)}</p>
            ) : (
                <>
                    <p>{said.large(clip.asks)}</p>
                    <button type="button" class="button soft" onClick={() => void session.engine?.allow(clip.release)}>
                        {said.getIt}
                    </button>
                </>
            )}
            {clip.share !== undefined && <progress value={clip.share} aria-label={said.coming} />}
        </section>
    );
}

/** One clip and one large button, for whom more than that is too much. */
function One(clip: ClipView) {
    const session = useSession();
    const player = usePlayer();
    const { clips: said } = session.words.value;
    if (clip.undoUntil !== undefined || clip.asks !== undefined) return <Clip {...clip} />;
    const title = clip.words?.title ?? said.untitled;
    return (
        <section class={`one ${clip.access.is === "playable" ? "" : "resting"}`}>
            <h2>{title}</h2>
            <button type="button" class="play" aria-label={said.play(title)} onClick={() => press(player, clip)}>
                <span aria-hidden="true" />
            </button>
            <p class="note">{reach(session, clip)}</p>
            {clip.share !== undefined && <progress value={clip.share} aria-label={said.coming} />}
        </section>
    );
}

/** Whatever stands against it, a tap is answered: by the one page that says why, with breathing in it. */
function press(player: Player, clip: ClipView): void {
    if (clip.access.is === "playable") player.play(clip.release, clip.words);
    else go({ at: "not_now", release: clip.release });
}

function detail({ words }: Session, clip: ClipView): string {
    const { clips: said } = words.value;
    const minutes = clip.words ? said.minutes(Math.round(clip.words.duration / 60_000)) : undefined;
    // The line below says it when the end is near.
    const end = isSoon(clip) ? undefined : said.ends(saysWhen(clip.endsAt, words.value));
    return [minutes, end].filter(Boolean).join(" · ");
}

function isSoon(clip: ClipView): boolean {
    return clip.endsAt - Date.now() < SOON;
}

function reach({ shelf, words }: Session, clip: ClipView): string {
    const { clips: said, notNow } = words.value;
    if (clip.share !== undefined) return said.coming;
    const awaits = shelf.awaited(clip);
    if (awaits === "rest") return notNow.resting;
    if (!clip.ready || clip.validUntil === undefined) {
        switch (awaits) {
            case "contact":
                return said.waiting;
            case "room":
                return said.noRoom;
            default:
                return said.coming;
        }
    }
    if (clip.left === 1 && clip.access.is === "playable") return said.oneLeft;
    if (isSoon(clip)) return said.endsSoon(saysWhen(clip.endsAt, words.value));
    return capital(said.until(saysWhen(clip.validUntil, words.value)));
}
