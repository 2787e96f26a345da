// A change of mind, entered at once: what ends with it is shown before, of this client's and of nobody else's.

import { useState } from "preact/hooks";
import type { Participant, Purpose, Recording } from "../api/answers";
import { post } from "../api/rest";
import { type Case, isOver } from "../case";
import { Checks, Choice, Dialog, useDoing } from "../parts/parts";
import { words } from "../strings";

export function ChangedMind(props: {
    person: Participant;
    recording: Recording;
    of: Case;
    agreed: Purpose[];
    done(): void;
    close(): void;
}) {
    const { mind: said, purposes, cancel } = words.value;
    const [scope, setScope] = useState<"everything" | "some">("everything");
    const [some, setSome] = useState<Purpose[]>([]);
    const { busy, trouble, run, say } = useDoing();
    const about = scope === "everything" ? props.agreed : some;
    const ends = endsWith(props, about);
    const save = (event: Event) => {
        event.preventDefault();
        if (scope === "some" && some.length === 0) return say(said.someMissing);
        run(async () => {
            // Nothing named is everything, also what was agreed to since this form was opened.
            const request = { participant: props.person.participant, purposes: scope === "everything" ? [] : some };
            await post(`/v1/recordings/${props.recording.recording}/withdrawals`, request, crypto.randomUUID());
            props.done();
        });
    };
    return (
        <Dialog title={said.title(props.person.name)} close={props.close}>
            <form class="stack" onSubmit={save}>
                <p class="note">{said.words}</p>
                <Choice<"everything" | "some">
                    legend={said.what}
                    name="about"
                    value={scope}
                    choose={setScope}
                    options={[
                        { value: "everything", label: said.everything },
                        { value: "some", label: said.some },
                    ]}
                />
                {scope === "some" && (
                    <Checks
                        legend={said.some}
                        value={some}
                        change={setSome}
                        options={props.agreed.map((value) => ({ value, label: purposes[value] }))}
                    />
                )}
                <section class="card calm stack tight">
                    <h3>{said.ends}</h3>
                    {ends.length === 0 ? (
                        <p>{said.noneHere}</p>
                    ) : (
                        <ul>
                            {ends.map((title) => (
                                <li key={title}>{said.here(title)}</li>
                            ))}
                        </ul>
                    )}
                    {about.includes("release_to_client") && <p class="note">{said.elsewhere}</p>}
                    <p class="note">{said.looksAlike}</p>
                </section>
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={props.close}>
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

/** This client's clips of this session that stop: they are shared, and this person is heard in them. */
function endsWith(
    { of, person, recording }: { of: Case; person: Participant; recording: Recording },
    about: Purpose[],
): string[] {
    if (!about.includes("release_to_client")) return [];
    const heard = of.clips.filter(
        (clip) => clip.recording === recording.recording && clip.heard.includes(person.participant),
    );
    return heard
        .filter((clip) => of.releases.some((release) => release.clip === clip.clip && !isOver(release)))
        .map((clip) => clip.title);
}
