// Sessions: when, who was there, what each has agreed to, and what they have changed their mind about.

import { useState } from "preact/hooks";
import type { Participant, Recording } from "../api/answers";
import { agrees, type Case, PURPOSES, withdrewThemself } from "../case";
import { Empty } from "../parts/parts";
import { go } from "../place";
import { words } from "../strings";
import { saysDay, saysWhen } from "../when";
import { ChangedMind } from "./changed_mind";
import { NewSession } from "./new_session";
import { Paper } from "./paper";

export function Sessions({ of, again }: { of: Case; again(): Promise<void> }) {
    const said = words.value.sessions;
    const [adding, setAdding] = useState(false);
    const done = () => {
        setAdding(false);
        void again();
    };
    return (
        <div class="stack">
            <div class="row">
                <h2 class="grow">{said.title}</h2>
                <button type="button" class="button soft" onClick={() => setAdding(true)}>
                    {said.add}
                </button>
            </div>
            {of.recordings.length === 0 && (
                <Empty title={said.none}>
                    <p>{said.noneWords}</p>
                </Empty>
            )}
            {of.recordings.map((recording) => (
                <Session key={recording.recording} recording={recording} of={of} again={again} />
            ))}
            {adding && <NewSession of={of} done={done} close={() => setAdding(false)} />}
        </div>
    );
}

function Session({ recording, of, again }: { recording: Recording; of: Case; again(): Promise<void> }) {
    const said = words.value.sessions;
    return (
        <article class="card">
            <header class="row">
                <h3 class="grow">{said.of(saysDay(recording.recorded_at, words.value))}</h3>
                <button
                    type="button"
                    class="button quiet"
                    onClick={() => go({ at: "cut", client: of.client.client, recording: recording.recording })}
                >
                    {said.cut}
                </button>
            </header>
            <ul class="people">
                {recording.participants.map((person) => (
                    <Person key={person.participant} person={person} recording={recording} of={of} again={again} />
                ))}
            </ul>
        </article>
    );
}

function Person({
    person,
    recording,
    of,
    again,
}: {
    person: Participant;
    recording: Recording;
    of: Case;
    again(): Promise<void>;
}) {
    const { sessions: said, kinds, purposes } = words.value;
    const [asks, setAsks] = useState<"paper" | "mind" | undefined>();
    const close = () => setAsks(undefined);
    const done = () => {
        close();
        void again();
    };
    const agreed = PURPOSES.filter((purpose) => agrees(recording, person.participant, purpose));
    const latest = new Map(
        recording.consents
            .filter((event) => event.participant === person.participant)
            .map((event) => [event.purpose, event]),
    );
    const withdrawn = PURPOSES.flatMap((purpose) => latest.get(purpose) ?? []).filter(
        (event) => event.kind === "withdrawn",
    );
    const isOver = withdrewThemself(recording, person.participant);
    const about =
        withdrawn.length === PURPOSES.length
            ? said.everything
            : withdrawn.map((event) => purposes[event.purpose]).join(", ");
    return (
        <li>
            <div class="grow">
                <p>
                    <b>{person.name}</b> <span class="note">{kinds[person.kind]}</span>
                </p>
                {agreed.length > 0 && (
                    <p class="note">
                        {said.agreed}: {agreed.map((purpose) => purposes[purpose]).join(", ")}
                    </p>
                )}
                {agreed.length === 0 && withdrawn.length === 0 && <p class="waits">{said.nothingAgreed}</p>}
                {withdrawn.length > 0 && (
                    <p class="waits">{said.withdrew(about, saysWhen(withdrawn.at(-1)!.at, words.value))}</p>
                )}
                {isOver && <p class="note">{said.withdrewThemself}</p>}
                {agreed.length > 0 && !agreed.includes("record") && <p class="waits">{said.noRecord}</p>}
            </div>
            {agreed.length > 0 && (
                <button type="button" class="button quiet" onClick={() => setAsks("mind")}>
                    {said.changed}
                    <span class="hidden">: {person.name}</span>
                </button>
            )}
            {!isOver && (
                <button type="button" class="button soft" onClick={() => setAsks("paper")}>
                    {said.paper}
                    <span class="hidden">: {person.name}</span>
                </button>
            )}
            {asks === "paper" && <Paper person={person} recording={recording} done={done} close={close} />}
            {asks === "mind" && (
                <ChangedMind person={person} recording={recording} of={of} agreed={agreed} done={done} close={close} />
            )}
        </li>
    );
}
