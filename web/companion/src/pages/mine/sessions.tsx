// My sessions and papers: what was recorded, what is kept of it, what was agreed to, and the way out of it.

import { useState } from "preact/hooks";
import { useSession } from "../../context";
import type { Session as RecordedSession, Sessions as SessionList } from "../../engine/account";
import { Page } from "../../screens/page";
import { explain, useAnswer } from "../answer";
import { pageWords } from "../words";
import { headsDay, saysDay } from "./day";

export function Sessions() {
    const session = useSession();
    const { sessions } = pageWords(session);
    const { answer, trouble, again } = useAnswer(() => session.engine?.account.sessions());
    return (
        <Page title={sessions.title} back>
            <p class="lead">{sessions.words}</p>
            <p class="trouble" role="status">
                {trouble}
            </p>
            {answer?.sessions.length === 0 && <p class="note centre">{sessions.none}</p>}
            {answer?.sessions.map((recorded) => (
                <One key={recorded.recording} recorded={recorded} forms={answer.forms} changed={again} />
            ))}
        </Page>
    );
}

function One({
    recorded,
    forms,
    changed,
}: {
    recorded: RecordedSession;
    forms: SessionList["forms"];
    changed(): void;
}) {
    const session = useSession();
    const { sessions: said, purposes } = pageWords(session);
    const day = (one: string) => saysDay(one, session.words.value);
    const [done, setDone] = useState(false);
    const stands = recorded.papers.some((paper) => paper.agreed_on && !paper.changed_on);
    return (
        <section class="card stack">
            <h2>{headsDay(recorded.day, session.words.value)}</h2>
            <div class="stack tight">
                <h3>{said.pieces}</h3>
                {recorded.pieces.length === 0 && <p class="note">{said.nothingCut}</p>}
                <ul class="lines">
                    {recorded.pieces.map((piece, i) => (
                        <li key={i}>
                            {said.piece(
                                session.words.value.clips.minutes(Math.round(piece.duration_ms / 60_000)),
                                day(piece.made_on),
                            )}
                            {piece.destroyed_on && <span class="note"> · {said.gone(day(piece.destroyed_on))}</span>}
                        </li>
                    ))}
                </ul>
            </div>
            <div class="stack tight">
                <h3>{said.papers}</h3>
                {recorded.papers.length === 0 && <p class="note">{said.noPapers}</p>}
                <ul class="lines">
                    {recorded.papers.map((paper) => (
                        <li key={paper.purpose}>
                            {purposes[paper.purpose]}
                            <span class="note">
                                {" "}
                                ·{" "}
                                {[
                                    paper.agreed_on && said.since(day(paper.agreed_on)),
                                    !paper.changed_on && paper.until && said.until(day(paper.until)),
                                    paper.changed_on && said.changed(day(paper.changed_on)),
                                ]
                                    .filter(Boolean)
                                    .join(", ")}
                            </span>
                        </li>
                    ))}
                </ul>
            </div>
            {forms
                .filter((form) => recorded.papers.some((paper) => paper.form === form.form))
                .map((form) => (
                    <Paper key={form.form} paragraphs={form.paragraphs} />
                ))}
            {stands && !done && (
                <ChangeMind
                    recorded={recorded}
                    changed={() => {
                        setDone(true);
                        changed();
                    }}
                />
            )}
            <p class="trouble" role="status">
                {done && said.done}
            </p>
        </section>
    );
}

function Paper({ paragraphs }: { paragraphs: string[] }) {
    const session = useSession();
    const { sessions: said } = pageWords(session);
    const [open, setOpen] = useState(false);
    return (
        <div class="stack">
            <button type="button" class="button soft wide" aria-expanded={open} onClick={() => setOpen(!open)}>
                {open ? said.close : said.read}
            </button>
            {open && (
                <div class="letter small">
                    {paragraphs.map((text, i) => (
                        <p key={i}>{text}</p>
                    ))}
                </div>
            )}
        </div>
    );
}

/** It is done with the second tap, after what ends by it was shown; what ends for others is not. */
function ChangeMind({ recorded, changed }: { recorded: RecordedSession; changed(): void }) {
    const session = useSession();
    const { sessions: said } = pageWords(session);
    const [asks, setAsks] = useState(false);
    const [trouble, setTrouble] = useState<string>();
    const [going, setGoing] = useState(false);
    const ends = recorded.pieces.filter((piece) => piece.ends_with_them).length;
    const doIt = async () => {
        setGoing(true);
        try {
            await session.engine?.account.changeMind(recorded.recording);
            setAsks(false);
            session.wake();
            changed();
        } catch (error) {
            setTrouble(explain(session, error));
        } finally {
            setGoing(false);
        }
    };
    if (!asks)
        return (
            <button type="button" class="button quiet" onClick={() => setAsks(true)}>
                {said.changeMind}
            </button>
        );
    return (
        <div class="stack">
            <p>{said.ends(ends)}</p>
            <p>{said.after}</p>
            <p class="trouble" role="status">
                {trouble}
            </p>
            <button type="button" class="button wide" disabled={going} onClick={() => void doIt()}>
                {said.doIt}
            </button>
            <button type="button" class="button quiet" onClick={() => setAsks(false)}>
                {said.keep}
            </button>
        </div>
    );
}
