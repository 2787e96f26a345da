// Entering a paper that somebody has signed: which text, and what they agreed to in it.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Form, Participant, Purpose, Recording } from "../api/answers";
import { get, post } from "../api/rest";
import { PURPOSES } from "../case";
import { faultOfDay, faultsOf, isHalfTyped, useFaults } from "../faults";
import { useLoaded } from "../loaded";
import { Checks, Dialog, useDoing, Waiting } from "../parts/parts";
import { words } from "../strings";
import { saysDay } from "../when";

export function Paper({
    person,
    recording,
    done,
    close,
}: {
    person: Participant;
    recording: Recording;
    done(): void;
    close(): void;
}) {
    const said = words.value.paper;
    const forms = useLoaded("forms", async () => (await get<{ forms: Form[] }>("/v1/forms")).forms);
    const [writing, setWriting] = useState(false);
    return (
        <Dialog title={said.title(person.name)} close={close}>
            <div class="stack">
                <p class="note">{said.words}</p>
                <Waiting for={forms}>
                    {(found) =>
                        found.length === 0 || writing ? (
                            <NewForm
                                first={found.length === 0}
                                done={() => {
                                    setWriting(false);
                                    void forms.again();
                                }}
                            />
                        ) : (
                            <Agreed
                                forms={found}
                                person={person}
                                recording={recording}
                                done={done}
                                newer={() => setWriting(true)}
                            />
                        )
                    }
                </Waiting>
            </div>
        </Dialog>
    );
}

function Agreed(props: { forms: Form[]; person: Participant; recording: Recording; done(): void; newer(): void }) {
    const { paper: said, purposes } = words.value;
    const [form, setForm] = useState(props.forms[0]!.form);
    const [what, setWhat] = useState<Purpose[]>(["record", "release_to_client"]);
    const [until, setUntil] = useState("");
    const { busy, trouble, run, say } = useDoing();
    const {
        form: page,
        faults,
        goesOn,
    } = useFaults((here) => {
        const isHalf = until === "" && isHalfTyped(here, "until");
        return faultsOf({
            until: isHalf
                ? words.value.faults.day(said.until)
                : until
                  ? faultOfDay(said.until, Date.parse(endOf(until)))
                  : undefined,
        });
    });
    const save = (event: Event) => {
        event.preventDefault();
        if (!goesOn()) return;
        if (what.length === 0) return say(said.whatMissing);
        run(async () => {
            const valid_until = until ? endOf(until) : null;
            const request = { participant: props.person.participant, purposes: what, form, valid_until };
            await post(`/v1/recordings/${props.recording.recording}/consents`, request, crypto.randomUUID());
            props.done();
        });
    };
    const text = props.forms.find((one) => one.form === form);
    return (
        <form ref={page} class="stack" onSubmit={save} noValidate>
            <div class="field">
                <label for="which-form">{said.form}</label>
                <select id="which-form" value={form} onChange={(event) => setForm(event.currentTarget.value)}>
                    {props.forms.map((one) => (
                        <option key={one.form} value={one.form}>
                            {said.version(one.version, saysDay(one.created_at, words.value))}
                        </option>
                    ))}
                </select>
            </div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long paper is scrolled, also from the keyboard. */}
            {/* biome-ignore lint/a11y/useSemanticElements: a section that scrolls would say the same. */}
            <div class="paper" tabIndex={0} role="region" aria-label={said.text}>
                {text?.paragraphs.map((paragraph) => (
                    <p key={paragraph}>{paragraph}</p>
                ))}
            </div>
            <Checks
                legend={said.what}
                value={what}
                change={setWhat}
                options={PURPOSES.map((value) => ({ value, label: purposes[value] }))}
            />
            <Field
                label={said.until}
                value={until}
                change={setUntil}
                fault={faults.until}
                attributes={{ type: "date", name: "until" }}
            />
            <p class="says" role="alert">
                {trouble}
            </p>
            <footer class="row at-end">
                <button type="button" class="button quiet" onClick={props.newer}>
                    {said.newForm}
                </button>
                <button type="submit" class="button" disabled={busy}>
                    {said.save}
                </button>
            </footer>
        </form>
    );
}

function NewForm({ first, done }: { first: boolean; done(): void }) {
    const said = words.value.paper;
    const [text, setText] = useState("");
    const { busy, trouble, run } = useDoing();
    const save = (event: Event) => {
        event.preventDefault();
        const paragraphs = text
            .split(/\n\s*\n/)
            .map((paragraph) => paragraph.trim())
            .filter(Boolean);
        if (paragraphs.length === 0) return;
        run(async () => {
            await post("/v1/forms", { paragraphs }, crypto.randomUUID());
            done();
        });
    };
    return (
        <form class="stack" onSubmit={save}>
            {first && <p>{said.noForms}</p>}
            <Field label={said.text} value={text} change={setText} long attributes={{ required: "true" }} />
            <p class="says" role="alert">
                {trouble}
            </p>
            <footer class="row at-end">
                <button type="submit" class="button" disabled={busy}>
                    {said.enterForm}
                </button>
            </footer>
        </form>
    );
}

/** "Until the 30th" has all of the 30th in it: the first instant that is too late is the next midnight. */
function endOf(day: string): string {
    const next = new Date(`${day}T00:00`);
    next.setDate(next.getDate() + 1);
    return next.toISOString();
}
