// The private notes: what a therapist has seen, by itself or with a change. Read when the tab is opened, for every reading is
// audited.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Observation, ObservationKind } from "../api/answers";
import { get } from "../api/rest";
import type { Case } from "../case";
import { NOTE_KINDS, noteRequest } from "../decisions/decision";
import { sendOrKeep } from "../decisions/unsent";
import { useLoaded } from "../loaded";
import { Choice, Dialog, Empty, useDoing, Waiting } from "../parts/parts";
import { words } from "../strings";
import { saysWhen } from "../when";

export function Notes({ of }: { of: Case }) {
    const said = words.value.notes;
    const { client, name } = of.client;
    const [adding, setAdding] = useState(false);
    const notes = useLoaded(
        `notes ${client}`,
        async () => (await get<{ observations: Observation[] }>(`/v1/clients/${client}/observations`)).observations,
    );
    return (
        <div class="stack">
            <header class="row">
                <div class="grow">
                    <h2>{said.title}</h2>
                    <p class="note">{said.words(name)}</p>
                </div>
                <button type="button" class="button soft" onClick={() => setAdding(true)}>
                    {said.add}
                </button>
            </header>
            <Waiting for={notes}>
                {(found) => (
                    <>
                        {found.length === 0 && <Empty title={said.none} />}
                        {found.map((note) => (
                            <One key={note.observation} note={note} of={of} />
                        ))}
                    </>
                )}
            </Waiting>
            {adding && (
                <NewNote
                    of={of}
                    close={() => setAdding(false)}
                    done={() => {
                        setAdding(false);
                        void notes.again();
                    }}
                />
            )}
        </div>
    );
}

function One({ note, of }: { note: Observation; of: Case }) {
    const said = words.value.notes;
    const clips = new Set(note.releases.map((id) => of.releases.find((release) => release.release === id)?.clip));
    const titles = of.clips.filter((clip) => clips.has(clip.clip)).map((clip) => clip.title);
    return (
        <article class="card stack tight">
            <header class="row">
                <h3 class="grow">{words.value.change.kinds[note.kind]}</h3>
                <p class="note">
                    {[titles.length > 0 && said.about(titles.join(", ")), saysWhen(note.at, words.value)]
                        .filter(Boolean)
                        .join(" · ")}
                </p>
            </header>
            {note.reason ? <p class="letter">{note.reason}</p> : <p class="note">{said.noWords}</p>}
        </article>
    );
}

function NewNote({ of, close, done }: { of: Case; close(): void; done(): void }) {
    const { notes: said, change, cancel } = words.value;
    const { client, name } = of.client;
    const [kind, setKind] = useState<ObservationKind>("other");
    const [reason, setReason] = useState("");
    const [key] = useState(() => crypto.randomUUID());
    const { busy, trouble, run } = useDoing();
    const save = (event: Event) => {
        event.preventDefault();
        run(async () => {
            await sendOrKeep({
                id: key,
                asked: noteRequest({ client, note: { kind, reason } }, [])!,
                client,
                name,
                release: undefined,
                says: { what: "note" },
            });
            done();
        });
    };
    return (
        <Dialog title={said.add} close={close}>
            <form class="stack" onSubmit={save}>
                <Choice<ObservationKind>
                    legend={said.kind}
                    name="kind"
                    value={kind}
                    choose={setKind}
                    options={NOTE_KINDS.map((value) => ({ value, label: change.kinds[value] }))}
                />
                <Field
                    label={change.reason}
                    hint={change.noteWords(name)}
                    value={reason}
                    change={setReason}
                    long
                    attributes={{ required: "true" }}
                />
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={close}>
                        {cancel}
                    </button>
                    <button type="submit" class="button" disabled={busy}>
                        {said.save}
                    </button>
                </footer>
            </form>
        </Dialog>
    );
}
