// Entering a session: when it was, and everybody who can be heard on its recording.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { ParticipantKind } from "../api/answers";
import { post } from "../api/rest";
import { type Case, people } from "../case";
import { faultOfPast, faultsOf, useFaults } from "../faults";
import { Checks, Dialog, useDoing } from "../parts/parts";
import { session } from "../session";
import { words } from "../strings";
import { toLocalField } from "../when";

/** Somebody who may be on the recording; who is new to the server is entered with the session. */
interface SessionPerson {
    key: string;
    participant?: string;
    kind: ParticipantKind;
    name: string;
}

const OTHERS: ParticipantKind[] = ["partner", "family_member", "group_member"];
const HOUR = 3_600_000;

export function NewSession({ of, done, close }: { of: Case; done(): void; close(): void }) {
    const { sessions: said, kinds, cancel } = words.value;
    const [at, setAt] = useState(toLocalField(Math.floor(Date.now() / HOUR) * HOUR - HOUR));
    const [known, setKnown] = useState<SessionPerson[]>(() => begin(of));
    const [there, setThere] = useState<string[]>(() =>
        begin(of)
            .filter((one) => one.kind === "client" || one.kind === "therapist")
            .map((one) => one.key),
    );
    const [name, setName] = useState("");
    const [kind, setKind] = useState<ParticipantKind>("partner");
    const { busy, trouble, run, say } = useDoing();
    const addPerson = () => {
        if (!name.trim()) return;
        const one = { key: `new-${known.length}`, kind, name: name.trim() };
        setKnown([...known, one]);
        setThere([...there, one.key]);
        setName("");
    };
    const { form, faults, goesOn } = useFaults(() => faultsOf({ at: faultOfPast(said.when, Date.parse(at)) }));
    const save = (event: Event) => {
        event.preventDefault();
        if (!goesOn()) return;
        if (there.length === 0) return say(said.whoMissing);
        run(async () => {
            const participants: string[] = [];
            for (const one of known.filter(({ key }) => there.includes(key)))
                participants.push(one.participant ?? (await enter(one, of)));
            await post(
                "/v1/recordings",
                { client: of.client.client, recorded_at: new Date(at).toISOString(), participants },
                crypto.randomUUID(),
            );
            done();
        });
    };
    const options = known.map((one) => ({ value: one.key, label: one.name, words: kinds[one.kind] }));
    return (
        <Dialog title={said.add} close={close}>
            <form ref={form} class="stack" onSubmit={save} noValidate>
                <Field
                    label={said.when}
                    value={at}
                    change={setAt}
                    fault={faults.at}
                    attributes={{ type: "datetime-local" }}
                />
                <Checks legend={said.who} value={there} change={setThere} options={options} />
                <fieldset class="inline">
                    <legend class="note">{said.other}</legend>
                    <Field label={said.otherName} value={name} change={setName} attributes={{ maxlength: "200" }} />
                    <div class="field">
                        <label for="other-kind">{said.otherKind}</label>
                        <select
                            id="other-kind"
                            value={kind}
                            onChange={(event) => setKind(event.currentTarget.value as ParticipantKind)}
                        >
                            {OTHERS.map((one) => (
                                <option key={one} value={one}>
                                    {kinds[one]}
                                </option>
                            ))}
                        </select>
                    </div>
                    <button type="button" class="button soft" onClick={addPerson}>
                        {said.addPerson}
                    </button>
                </fieldset>
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

/** The client, the therapist, and whoever was there before. */
function begin(of: Case): SessionPerson[] {
    const before = people(of.recordings).map((one) => ({ key: one.participant, ...one }));
    const me = session.value!;
    const client: SessionPerson[] = before.some((one) => one.kind === "client")
        ? []
        : [{ key: "client", kind: "client", name: of.client.name }];
    const therapist: SessionPerson[] = before.some((one) => one.kind === "therapist")
        ? []
        : [{ key: "therapist", kind: "therapist", name: me.name }];
    return [...client, ...therapist, ...before];
}

async function enter(one: SessionPerson, of: Case): Promise<string> {
    const names =
        one.kind === "client"
            ? { client: of.client.client }
            : one.kind === "therapist"
              ? { staff: session.value!.staff }
              : {};
    return (
        await post<{ participant: string }>(
            "/v1/participants",
            { kind: one.kind, name: one.name, ...names },
            crypto.randomUUID(),
        )
    ).participant;
}
