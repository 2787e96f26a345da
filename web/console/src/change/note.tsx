// The private note. It never reaches a phone; the client may ask to read it.

import { Field } from "../../../ui/parts";
import { NOTE_KINDS, type NoteDraft, type NoteKind } from "../decisions/decision";
import { Choice } from "../parts/parts";
import { words } from "../strings";

export function Note({ name, note, change }: { name: string; note: NoteDraft; change(to: NoteDraft): void }) {
    const said = words.value.change;
    return (
        <section class="stack">
            <Choice<NoteKind>
                pairs
                legend={said.note}
                name="observed"
                value={note.kind}
                choose={(kind) => change({ ...note, kind })}
                options={[
                    { value: "none", label: said.kindNone },
                    ...NOTE_KINDS.map((value) => ({ value, label: said.kinds[value] })),
                ]}
            />
            {note.kind !== "none" && (
                <Field
                    label={said.reason}
                    hint={said.noteWords(name)}
                    value={note.reason}
                    change={(reason) => change({ ...note, reason })}
                    long
                />
            )}
        </section>
    );
}
