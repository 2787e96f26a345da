// What the client will read after a change, in the phone's own words.

import type { Clip, Release, ReleaseWords } from "../api/answers";
import type { ChangeKind } from "../decisions/decision";
import { Phone, PhoneClip, PhoneParting, PhoneResting, phone } from "../share/phone";
import { words } from "../strings";
import { clock, clockAhead } from "../when";

export function Reads(props: {
    what: ChangeKind;
    times: number;
    clip: Clip | undefined;
    name: string;
    release: Release | undefined;
    ends?: number;
    bound: string | undefined;
    words: ReleaseWords | null | undefined;
    sentence: string;
    offset: number | undefined;
}) {
    const said = words.value.change;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { what, clip, release } = props;
    const expiresAt = props.ends ?? (release?.terms ? Date.parse(release.terms.expires_at) : Date.now());
    const shown = clip && {
        title: clip.title,
        length: clip.duration_ms,
        expiresAt,
        offlineHours: release?.terms?.offline_hours ?? 72,
    };
    return (
        <section class="stack tight">
            <h3>{said.reads(props.name)}</h3>
            {what === "talk" ? (
                <p>{said.readsNothing(props.name)}</p>
            ) : (
                <>
                    <Phone client={props.name}>
                        {what === "end" && (
                            <PhoneParting
                                note={props.words === undefined ? "…" : (props.words?.parting_note ?? said.yourNote)}
                            />
                        )}
                        {shown && what === "fewer" && (
                            <PhoneClip {...shown} oneLeft={props.times === 1} note={props.sentence} />
                        )}
                        {what === "fewer" && <p class="note">{said.readsAfter}</p>}
                        {what === "fewer" && <p class="phone-note">{phone().notNow.enough}</p>}
                        {shown && what === "dates" && <PhoneClip {...shown} />}
                        {shown && what === "pause" && <PhoneResting expiresAt={expiresAt} />}
                    </Phone>
                    {props.bound && (what === "pause" || what === "end") && <p>{said.bound(props.bound)}</p>}
                    <p class="note">
                        {props.offset === undefined
                            ? said.localTime(clock(new Date(), words.value.locale), zone)
                            : said.theirTime(clockAhead(props.offset, words.value.locale), props.name)}{" "}
                        {said.pushSays}
                    </p>
                </>
            )}
        </section>
    );
}
