// The circle that breathes: in for four seconds, out for six. All of it is style; without motion it glows and fades.

import { useEffect } from "preact/hooks";
import { breath } from "../breath";
import { useSession } from "../context";

export function Orb({ small }: { small?: boolean }) {
    const session = useSession();
    const { breathe } = session.words.value;
    const { tone, touch } = session.settings.value;
    useEffect(() => (small ? undefined : breath(tone, touch)), [small, tone, touch]);
    return (
        <div class={`orb ${small ? "small" : ""}`} role="img" aria-label={breathe.shown}>
            <span class="halo" />
            <span class="disc" />
            {!small && <span class="says inward">{breathe.inward}</span>}
            {!small && <span class="says outward">{breathe.outward}</span>}
        </div>
    );
}

/** The exercise as the body of a page that has to say no. */
export function Breathing() {
    return (
        <div class="breathing">
            <Orb />
        </div>
    );
}
