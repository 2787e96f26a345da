// A client's clips: each with how it is shared now, its state on each phone, and what can be done.

import { useState } from "preact/hooks";
import type { Clip, Release, Terms } from "../api/answers";
import { post } from "../api/rest";
import { type Case, isOver, names, people } from "../case";
import { Change } from "../change/change";
import { UnsentOf } from "../decisions/says_unsent";
import { Empty, useDoing } from "../parts/parts";
import { go } from "../place";
import { outgoing } from "../share/outgoing";
import { words } from "../strings";
import { saysDay, saysLength, saysWhen } from "../when";
import { DeviceStates } from "./device_state";

export function Clips({ of, again }: { of: Case; again(): Promise<void> }) {
    const said = words.value.clips;
    if (of.clips.length === 0) {
        return (
            <Empty title={said.none}>
                <p>{said.noneWords}</p>
                <button type="button" class="button soft" onClick={() => go({ at: "cut", client: of.client.client })}>
                    {words.value.client.cut}
                </button>
            </Empty>
        );
    }
    return (
        <div class="stack">
            {of.clips.map((clip) => (
                <One key={clip.clip} clip={clip} of={of} again={again} />
            ))}
        </div>
    );
}

function One({ clip, of, again }: { clip: Clip; of: Case; again(): Promise<void> }) {
    const said = words.value.clips;
    const client = of.client.client;
    const releases = of.releases.filter((release) => release.clip === clip.clip);
    const [now, before] = [releases.filter((release) => !isOver(release)), releases.filter(isOver).reverse()];
    // Of what is over, the newest says whether it is gone from the phones: that is what a therapist comes to see.
    const shown = now.length > 0 ? now : before.slice(0, 1);
    const rest = now.length > 0 ? before : before.slice(1);
    const leaving = outgoing.value.some((one) => one.clip === clip.clip && one.client === client);
    const session = of.recordings.find((recording) => recording.recording === clip.recording);
    const heard = names(people(of.recordings), clip.heard);
    return (
        <article class="card clip">
            <header class="row">
                <div class="grow">
                    <h2>{clip.title}</h2>
                    <p class="note">
                        {said.meta(
                            saysLength(clip.duration_ms),
                            session ? saysDay(session.recorded_at, words.value) : "…",
                            heard,
                        )}
                    </p>
                </div>
                <button type="button" class="button quiet" onClick={() => go({ at: "room", client, clip: clip.clip })}>
                    {said.room}
                </button>
                {now.length === 0 && (
                    <button
                        type="button"
                        class="button soft"
                        disabled={leaving}
                        onClick={() => go({ at: "share", client, clip: clip.clip })}
                    >
                        {before.length > 0 ? said.shareAgain : said.share}
                    </button>
                )}
            </header>
            {shown.map((release) => (
                <Shared key={release.release} release={release} clip={clip} of={of} again={again} />
            ))}
            {rest.length > 0 && (
                <details>
                    <summary class="note">{said.ended(rest.length)}</summary>
                    {rest.map((release) => (
                        <Shared key={release.release} release={release} clip={clip} of={of} again={again} />
                    ))}
                </details>
            )}
        </article>
    );
}

function Shared({ release, clip, of, again }: { release: Release; clip: Clip; of: Case; again(): Promise<void> }) {
    const said = words.value.clips;
    const [changing, setChanging] = useState(false);
    const { busy, trouble, run } = useDoing();
    const over = isOver(release);
    // A release names the pauses that rest on it. One of everything is named by each, and is ended for each.
    const ofAll = of.releases.some(
        (other) => other.release !== release.release && other.holds.some((hold) => release.holds.includes(hold)),
    );
    const lift = () =>
        run(async () => {
            await post(`/v1/clients/${of.client.client}/lifts`, { holds: release.holds });
            await again();
        });
    const confirm = () =>
        run(async () => {
            await post(`/v1/releases/${release.release}/confirmations`, { seen: release.unseen });
            await again();
        });
    return (
        <div class="shared">
            <div class="row">
                <p class="grow">
                    <span class={`standing ${release.standing}`}>{said.standing[release.standing]}</span>{" "}
                    {release.terms && (
                        <span class="note">{over ? saysEnd(release.terms) : saysTerms(release.terms)}</span>
                    )}
                </p>
                {release.standing === "held" && release.holds.length > 0 && (
                    <button type="button" class="button quiet" disabled={busy} onClick={lift}>
                        {ofAll ? said.liftAll : said.lift}
                    </button>
                )}
                {!over && (
                    <button type="button" class="button soft" onClick={() => setChanging(true)}>
                        {said.change}
                    </button>
                )}
            </div>
            {!over && release.waits_for && !["held", "unconfirmed", "ended"].includes(release.waits_for) && (
                <p class="waits">{saysWaits(release.waits_for)}</p>
            )}
            {release.standing === "unconfirmed" && (
                <div class="waits">
                    <p>{said.unconfirmed}</p>
                    <button type="button" class="button soft" disabled={busy} onClick={confirm}>
                        {said.confirm}
                    </button>
                </div>
            )}
            <UnsentOf client={of.client.client} release={release.release} />
            <DeviceStates of={release} client={of.client.name} />
            {!over && (
                <p class="note">
                    {release.dark_by ? said.bound(saysWhen(release.dark_by, words.value)) : said.boundNone}
                </p>
            )}
            {trouble && (
                <p class="says" role="alert">
                    {trouble}
                </p>
            )}
            {changing && (
                <Change
                    of={of}
                    clip={clip}
                    release={release}
                    close={() => setChanging(false)}
                    done={() => {
                        setChanging(false);
                        void again();
                    }}
                />
            )}
        </div>
    );
}

export function saysTerms(terms: Terms): string {
    const said = words.value.clips;
    const begins =
        terms.not_before && Date.parse(terms.not_before) > Date.now()
            ? said.from(saysWhen(terms.not_before, words.value))
            : undefined;
    return [
        begins,
        saysEnd(terms),
        terms.daily_limit === null || terms.daily_limit === undefined ? said.noLimit : said.perDay(terms.daily_limit),
        said.offline(said.hours(terms.offline_hours ?? 72)),
        ...(terms.quiet_hours ?? []).map((range) => said.rest(range.from, range.to)),
    ]
        .filter(Boolean)
        .join(" · ");
}

function saysEnd(terms: Terms): string {
    return words.value.clips.until(saysWhen(terms.expires_at, words.value));
}

function saysWaits(reason: string): string {
    const { waits } = words.value.clips;
    return reason in waits ? waits[reason as keyof typeof waits] : waits.other;
}
