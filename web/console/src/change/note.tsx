// The private note. It never reaches a phone; the client may ask to read it.

import { Field } from "../../../ui/parts";
import type { ObservationKind } from "../api/answers";
import { Choice } from "../parts";
import { words } from "../strings";

export type ObservedKind = "none" | ObservationKind;
export interface Observed {
    kind: ObservedKind;
    reason: string;
}

export const KINDS = ["fixation", "distress", "other"] as const;

export function Note({ name, note, change }: { name: string; note: Observed; change(to: Observed): void }) {
    const said = words.value.change;
    return (
        <section class="stack">
            <Choice<ObservedKind>
                pairs
                legend={said.note}
                name="observed"
                value={note.kind}
                choose={(kind) => change({ ...note, kind })}
                options={[
                    { value: "none", label: said.kindNone },
                    ...KINDS.map((value) => ({ value, label: said.kinds[value] })),
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
