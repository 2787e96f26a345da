// Who did what, by the day. The server tells no more than the shelf has shown; here it is put into words.

import { capital } from "../../../../ui/capital";
import { useSession } from "../../context";
import type { Deed, Purpose } from "../../engine/account";
import { Page } from "../../screens/page";
import type { Session } from "../../session/session";
import { useAnswer } from "../answer";
import { pageWords } from "../words";
import { headsDay } from "./day";

export function History() {
    const session = useSession();
    const { history } = pageWords(session);
    const { answer, trouble } = useAnswer(() => session.engine?.account.history());
    const days = [...new Set(answer?.map((deed) => deed.day))];
    return (
        <Page title={history.title} back>
            <p class="lead">{history.words}</p>
            <p class="trouble" role="status">
                {trouble}
            </p>
            {answer?.length === 0 && <p class="note centre">{history.none}</p>}
            {days.map((day) => (
                <section class="card stack" key={day}>
                    <h2>{headsDay(day, session.words.value)}</h2>
                    <ul class="lines">
                        {answer
                            ?.filter((deed) => deed.day === day)
                            .map((deed, i) => (
                                <li key={i}>{capital(sentence(session, deed))}</li>
                            ))}
                    </ul>
                </section>
            ))}
        </Page>
    );
}

function sentence(session: Session, deed: Deed): string {
    const { circle, shelf, therapist } = session;
    const { history, purposes } = pageWords(session);
    // A clip has its name here as long as it is on this phone: the name goes with it.
    const title = shelf.clips.value.find((clip) => clip.release === deed.release)?.words?.title;
    const clip = title ? history.called(title) : history.aClip;
    const what = (deed.purposes ?? []).map((purpose: Purpose) => purposes[purpose]).join(", ");
    const who = deed.who ?? therapist.value;
    switch (deed.kind) {
        case "shared":
            return history.shared(who, clip);
        // Whoever it was: of a change nobody is named.
        case "changed":
            return history.changed(
                (circle.told.value?.therapists.length ?? 0) > 1 ? history.oneOf : therapist.value,
                clip,
            );
        case "returned":
            return history.returned(clip);
        case "played_together":
            return history.playedTogether(who);
        case "agreed":
            return history.agreed(what);
        case "changed_mind":
            return history.changedMind(what);
        case "phone_added":
            return history.phoneAdded(deed.phone ?? "");
        case "phone_removed":
            return history.phoneRemoved(deed.phone ?? "");
    }
}
