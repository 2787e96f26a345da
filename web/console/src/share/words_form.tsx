// The words that go with a clip: before it, in it, and when it ends.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Faults } from "../faults";
import { words } from "../strings";
import { saysLength } from "../when";
import { MARKS_MAX, readCaptions } from "./captions";
import type { Draft } from "./draft";

export function WordsForm({
    draft,
    change,
    length,
    faults,
}: {
    draft: Draft;
    change(to: Partial<Draft>): void;
    length: number;
    faults: Faults;
}) {
    const said = words.value.share;
    const [cannot, setCannot] = useState(false);
    const take = async (file: File | undefined) => {
        if (!file) return;
        // Larger ones are no caption files.
        const cues = file.size < 1_000_000 ? readCaptions(await file.text()) : undefined;
        setCannot(!cues);
        if (cues) change({ marks: cues.map(({ at, words: said }) => ({ at: saysLength(at * 1_000), words: said })) });
    };
    const changeMark = (at: number, to: Partial<Draft["marks"][number]>) =>
        change({ marks: draft.marks.map((mark, other) => (other === at ? { ...mark, ...to } : mark)) });
    return (
        <fieldset class="stack">
            <legend class="h2">{said.words}</legend>
            <Field
                label={said.note}
                value={draft.note}
                change={(note) => change({ note })}
                attributes={{ maxlength: "500", autocomplete: "off" }}
            />
            <div class="stack tight">
                {draft.marks.map((mark, at) => (
                    <div class="mark-row" key={at}>
                        <Field
                            label={said.markAt}
                            value={mark.at}
                            change={(to) => changeMark(at, { at: to })}
                            fault={faults[`mark${at}`]}
                            attributes={{ placeholder: saysLength(length / 2), size: "5" }}
                        />
                        <Field
                            label={said.markWords}
                            value={mark.words}
                            change={(to) => changeMark(at, { words: to })}
                            attributes={{ maxlength: "200" }}
                        />
                        <button
                            type="button"
                            class="button quiet icon"
                            aria-label={said.removeMark}
                            onClick={() => change({ marks: draft.marks.filter((_, other) => other !== at) })}
                        >
                            <span aria-hidden="true">×</span>
                        </button>
                    </div>
                ))}
                <div class="row">
                    {draft.marks.length < MARKS_MAX && (
                        <button
                            type="button"
                            class="button quiet small"
                            onClick={() => change({ marks: [...draft.marks, { at: "0:00", words: "" }] })}
                        >
                            + {said.addMark}
                        </button>
                    )}
                    <label class="button quiet small">
                        <input
                            type="file"
                            class="hidden"
                            accept=".vtt,.srt,text/vtt"
                            onChange={(event) => void take(event.currentTarget.files?.[0])}
                        />
                        {said.captions}
                    </label>
                </div>
                <p class="says" role="alert">
                    {faults.marks}
                </p>
                {cannot && (
                    <p class="note" role="status">
                        {said.captionsNot}
                    </p>
                )}
            </div>
            <Field
                label={said.parting}
                value={draft.parting}
                change={(parting) => change({ parting })}
                fault={faults.parting}
                long
                attributes={{ maxlength: "1000" }}
            />
        </fieldset>
    );
}
