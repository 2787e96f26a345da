// How it looks on the phone: with the phone's own words, so that what is shown here cannot differ from them.

import type { ComponentChildren } from "preact";
import { de } from "../../../companion/src/strings/de";
import { en, type Strings } from "../../../companion/src/strings/en";
import { saysWhen as phoneSaysWhen } from "../../../companion/src/when";
import { capital } from "../../../ui/capital";
import type { Language } from "../../../ui/languages";
import { language, words } from "../strings";

const bundles: Record<Language, Strings> = { en, de };

export const phone = () => bundles[language.value];
export const phoneWhen = (at: number) => phoneSaysWhen(at, phone());

export function Phone({ client, children }: { client: string; children: ComponentChildren }) {
    return (
        <figure class="phone">
            <figcaption class="note">{words.value.share.preview(client)}</figcaption>
            <div class="glass">{children}</div>
        </figure>
    );
}

/** A clip that rests: its words went with its key, and the phone knows no title any more. */
export function PhoneResting({ expiresAt }: { expiresAt: number }) {
    const { clips, notNow } = phone();
    return (
        <div class="phone-clip">
            <div class="row">
                <div class="grow">
                    <p class="serif">{clips.untitled}</p>
                    <p class="note">{clips.ends(phoneWhen(expiresAt))}</p>
                </div>
                <span class="phone-play" aria-hidden="true" />
            </div>
            <p class="note">{notNow.resting}</p>
        </div>
    );
}

/** A clip as it stands on the phone's first screen. */
export function PhoneClip(props: {
    title: string;
    length: number;
    expiresAt: number;
    offlineHours: number;
    note?: string;
    oneLeft?: boolean;
}) {
    const { clips } = phone();
    const reach = Math.min(Date.now() + props.offlineHours * 3_600_000, props.expiresAt);
    return (
        <div class="phone-clip">
            <div class="row">
                <div class="grow">
                    <p class="serif">{props.title}</p>
                    <p class="note">
                        {clips.minutes(Math.round(props.length / 60_000))} · {clips.ends(phoneWhen(props.expiresAt))}
                    </p>
                </div>
                <span class="phone-play" aria-hidden="true" />
            </div>
            <p class="note">{props.oneLeft ? clips.oneLeft : clips.until(phoneWhen(reach))}</p>
            {props.note && <p class="phone-note">{props.note}</p>}
        </div>
    );
}

/** What a clip leaves when it has ended. */
export function PhoneParting({ note }: { note: string }) {
    const { goodbye, yourTherapist } = phone();
    return (
        <div class="phone-clip">
            <p class="serif">{goodbye.title}</p>
            <p class="note">{capital(goodbye.note(yourTherapist))}</p>
            <p class="phone-note">{note}</p>
        </div>
    );
}
