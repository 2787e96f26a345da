// One dialog for every change, in this order: what shall the client be able to do · what will they read · the private note.

import { useState } from "preact/hooks";
import type { Clip, Release } from "../api/answers";
import type { Command } from "../api/rest";
import { type Case, offsetOf } from "../case";
import { type Summary, sendOrKeep } from "../decisions/unsent";
import { useFaults } from "../faults";
import { isKeeping, shownFrom } from "../offline/keeping";
import { Dialog, saysTrouble, useDoing } from "../parts/parts";
import { go } from "../place";
import { useWords } from "../share/words";
import { words } from "../strings";
import { saysWhen } from "../when";
import { Choices } from "./choices";
import { faultsOfChange } from "./faults";
import { begin, type ChangeForm, darkBy, endOf, liveOf, type Subject, save, scopeOf, timesOf } from "./form";
import { others } from "./instead";
import { Note } from "./note";
import { Reads } from "./reads";

/** Of one clip as it is shared now, or of everything where no clip is named. */
export function Change(props: { of: Case; clip?: Clip; release?: Release; done(): void; close(): void }) {
    const { change: said, cancel } = words.value;
    const { of, clip } = props;
    const { client, name } = of.client;
    // What it is decided over is what this form has shown, and not what comes in while somebody thinks.
    const [release] = useState(props.release);
    const subject: Subject = { client, release, live: liveOf(of.releases), title: clip?.title };
    const [form, setForm] = useState<ChangeForm>(() => begin(release));
    const change = (to: Partial<ChangeForm>) => setForm((now) => ({ ...now, ...to }));
    const { busy, trouble, run, say } = useDoing();
    const { what, isDecided } = form;
    const [first] = subject.live;
    // What stands there now is read when the dialog is there, and once: a look at it is on record.
    const there = useWords(what === "end" || what === "fewer" ? (release ?? first)?.release : undefined);
    const sentence = form.sentence ?? there?.note ?? "";
    const page = useFaults((fields) => faultsOfChange(form, subject, fields));
    const shut = () => (isDecided ? props.done() : props.close());
    const send = (asked: Command, id: string, says: Summary) =>
        sendOrKeep({ id, asked, client, name, release: release?.release, says });
    const submit = (event: Event) => {
        event.preventDefault();
        if (!page.goesOn()) return;
        run(async () => {
            const saved = await save(form, subject, send);
            switch (saved.is) {
                case "nothing_to_do":
                    return props.close();
                case "note_not_kept":
                    change({ isDecided: true });
                    return say(said.noteNotKept);
                case "overtaken":
                    return say(said.changed);
                case "failed":
                    return say(saysTrouble(saved.error));
                case "done":
                    props.done();
                    if (saved.instead) go({ at: "share", client, clip: saved.instead });
            }
        });
    };
    const end = endOf(form);
    const dark = darkBy(form, subject);
    return (
        <Dialog title={clip ? said.title(clip.title) : said.titleAll(name)} close={shut} wide>
            <form ref={page.form} class="stack loose" onSubmit={submit} noValidate>
                <p class="note">{said.calm}</p>
                <Choices
                    name={name}
                    form={form}
                    subject={subject}
                    change={change}
                    faults={page.faults}
                    sentence={sentence}
                    titles={titlesOf(of, subject)}
                    others={others(of, clip)}
                />
                <Reads
                    what={what}
                    times={timesOf(form, release)}
                    clip={clip ?? of.clips.find((one) => one.clip === first?.clip)}
                    name={name}
                    release={release}
                    {...(what === "dates" && end !== undefined ? { ends: end } : {})}
                    bound={dark === undefined ? undefined : saysWhen(dark, words.value)}
                    words={there}
                    sentence={sentence}
                    offset={offsetOf(of.devices)}
                />
                <Note name={name} note={form.note} change={(note) => change({ note })} />
                {isKeeping.value && shownFrom.value !== undefined && <p class="card calm">{said.offline(name)}</p>}
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={shut}>
                        {isDecided ? said.leaveNote : cancel}
                    </button>
                    <button type="submit" class="button" disabled={busy}>
                        {isDecided ? said.keepNote : saysDo(form, release)}
                    </button>
                </footer>
            </form>
        </Dialog>
    );
}

function titlesOf(of: Case, { live }: Subject): string[] {
    const titles = live.map((one) => of.clips.find((other) => other.clip === one.clip)?.title);
    return [...new Set(titles.map((title) => title ?? words.value.today.aClip))];
}

/** What the button does, in words. */
function saysDo(form: ChangeForm, release: Release | undefined): string {
    const said = words.value.change.do;
    const scope = scopeOf(form, release);
    switch (form.what) {
        case "talk":
            return form.note.kind === "none" ? said.talk : said.talkNoted;
        case "fewer":
            return said.fewer(timesOf(form, release));
        case "dates":
            return said.dates;
        case "pause":
            return scope === "all" ? said.pauseAll : said.pause;
        case "end":
            return scope === "all" ? said.endAll : scope === "everywhere" ? said.endEverywhere : said.end;
    }
}
