// Sharing a clip: how long and how often, the words that go with it, how it looks there, and whether it is the right person.

import { useEffect, useState } from "preact/hooks";
import type { Client, Clip, ReleaseWords } from "../api/answers";
import { get } from "../api/rest";
import { agrees, type Case, names, people, useCase } from "../case";
import { useFaults } from "../faults";
import { useLoaded } from "../loaded";
import { BackToClient } from "../parts/back";
import { Dialog, Initials, Soon, Title, Waiting } from "../parts/parts";
import { go } from "../place";
import { words } from "../strings";
import { saysLength, saysWhen, toLocalField } from "../when";
import { type Draft, darkBy, endOf, marksOf, termsOf } from "./draft";
import { look, told } from "./look";
import { type Outgoing, returned, share } from "./outgoing";
import { Phone, PhoneClip, PhoneParting } from "./phone";
import { TermsForm } from "./terms_form";
import { useWords } from "./words";
import { WordsForm } from "./words_form";

const WEEK = 7 * 86_400_000;

export function Share({ client, clip }: { client: string; clip: string }) {
    const loaded = useCase(client);
    return (
        <div class="page">
            <Waiting for={loaded} page>
                {(of) => {
                    const found = of.clips.find((one) => one.clip === clip);
                    return (
                        <>
                            <BackToClient client={client} name={of.client.name} />
                            {found ? <Ready clip={found} of={of} /> : <p>{words.value.trouble.notFound}</p>}
                        </>
                    );
                }}
            </Waiting>
        </div>
    );
}

/** What was shared before begins with the words it had. */
function Ready({ clip, of }: { clip: Clip; of: Case }) {
    // As it was when the page was opened: what ends meanwhile does not take the form away.
    const [last] = useState(() => of.releases.findLast((release) => release.clip === clip.clip)?.release);
    const before = useWords(last);
    const back =
        returned.value?.clip === clip.clip && returned.value.client === of.client.client ? returned.value : undefined;
    return before === undefined ? (
        <Soon />
    ) : (
        <Form key={back?.id ?? "new"} clip={clip} of={of} before={before} back={back} />
    );
}

/** `back` was filled in before, and refused: nothing of it is lost. */
function Form({
    clip,
    of,
    before,
    back,
}: {
    clip: Clip;
    of: Case;
    before: ReleaseWords | null;
    back: Outgoing | undefined;
}) {
    const said = words.value.share;
    const { name } = of.client;
    const [draft, setDraft] = useState<Draft>(() => back?.draft ?? begin(before));
    const [asks, setAsks] = useState(false);
    const [refused, setRefused] = useState(() => told(draft, clip.duration_ms, back?.field));
    const { form, faults, goesOn } = useFaults(() => ({ ...refused, ...look(draft, clip.duration_ms) }), back ? 1 : 0);
    useEffect(
        () => () => {
            if (returned.value === back) returned.value = undefined;
        },
        [back],
    );
    const change = (to: Partial<Draft>) => {
        // What the server did not take is asked again once it says something else.
        setRefused(Object.fromEntries(Object.entries(refused).filter(([field]) => !(field in to))));
        setDraft({ ...draft, ...to });
    };
    const [end, dark] = [endOf(draft), darkBy(draft)];
    const submit = (event: Event) => {
        event.preventDefault();
        if (goesOn()) setAsks(true);
    };
    return (
        <>
            <Title>{said.title(clip.title, name)}</Title>
            <div class="two">
                <form ref={form} class="stack loose" onSubmit={submit} noValidate>
                    {back && <p class="waits">{words.value.outgoing.refused(clip.title, name, back.code ?? "")}</p>}
                    <TermsForm draft={draft} change={change} faults={faults} />
                    <WordsForm draft={draft} change={change} length={clip.duration_ms} faults={faults} />
                    {dark !== undefined && dark > Date.now() && (
                        <p class="card calm">
                            {said.bound(words.value.clips.hours(draft.offlineHours), saysWhen(dark, words.value))}
                        </p>
                    )}
                    <footer class="row at-end">
                        <button type="submit" class="button">
                            {said.go(name)}
                        </button>
                    </footer>
                </form>
                <aside class="aside">
                    <Phone client={name}>
                        <PhoneClip
                            title={clip.title}
                            length={clip.duration_ms}
                            expiresAt={end ?? Date.now() + WEEK}
                            offlineHours={draft.offlineHours}
                            note={draft.note}
                        />
                        <PhoneParting note={draft.parting} />
                    </Phone>
                </aside>
            </div>
            {asks && <RightPerson clip={clip} of={of} draft={draft} close={() => setAsks(false)} />}
        </>
    );
}

/** The last look before it counts down: is it this person? */
function RightPerson({ clip, of, draft, close }: { clip: Clip; of: Case; draft: Draft; close(): void }) {
    const { share: said, cancel } = words.value;
    const { client, name } = of.client;
    const others = useLoaded("others", async () => (await get<{ clients: Client[] }>("/v1/clients")).clients);
    const alike = (others.value ?? []).filter((one) => one.client !== client && first(one.name) === first(name));
    const last = of.clips
        .filter((one) => one.clip !== clip.clip && of.releases.some((release) => release.clip === one.clip))
        .at(0);
    const session = of.recordings.find((recording) => recording.recording === clip.recording);
    const missing = session ? clip.heard.filter((one) => !agrees(session, one, "release_to_client")) : [];
    const all = people(of.recordings);
    const yes = () => {
        const goes = {
            note: draft.note.trim() || null,
            marks: marksOf(draft, clip.duration_ms),
            parting_note: draft.parting.trim(),
        };
        share({ client, name, clip: clip.clip, title: clip.title, terms: termsOf(draft), words: goes, draft });
        go({ at: "client", client, tab: "clips" });
    };
    return (
        <Dialog title={said.sure} close={close}>
            <div class="stack">
                <p>{said.sureWords(name)}</p>
                <div class="person card calm">
                    <Initials name={name} large />
                    <div>
                        <p class="serif">{name}</p>
                        <p class="note">{last ? said.lastClip(last.title) : said.noLastClip}</p>
                    </div>
                </div>
                {alike.length > 0 && (
                    <p class="waits">
                        {said.others} {alike.map((one) => one.name).join(", ")}
                    </p>
                )}
                <p>
                    “{clip.title}”, {saysLength(clip.duration_ms)}. {said.heard(names(all, clip.heard))}
                </p>
                {missing.length > 0 && <p class="waits">{said.notAgreed(names(all, missing))}</p>}
                <p class="note">{said.undoWords}</p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={close}>
                        {cancel}
                    </button>
                    <button type="button" class="button" onClick={yes}>
                        {said.yes(name)}
                    </button>
                </footer>
            </div>
        </Dialog>
    );
}

function first(name: string): string {
    return name.trim().split(/\s+/)[0]!.toLocaleLowerCase();
}

/** The defaults of a practice: two days after the next session, three days without internet. */
function begin(before: ReleaseWords | null): Draft {
    const next = new Date(Date.now() + WEEK).setMinutes(0, 0, 0);
    return {
        template: "session",
        session: toLocalField(next),
        until: toLocalField(next),
        limit: "",
        planned: "1",
        offlineHours: 72,
        rests: false,
        note: before?.note ?? "",
        marks: before?.marks?.map((mark) => ({ at: saysLength(mark.at_ms), words: mark.words })) ?? [],
        parting: before?.parting_note ?? words.value.share.partingDefault,
    };
}
