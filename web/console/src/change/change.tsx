// One dialog for every change, in this order: what shall the client be able to do · what will they read · the private note.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Clip, Release } from "../api/answers";
import { type Command, Refusal } from "../api/rest";
import { type Case, isOver, offsetOf } from "../case";
import {
    type ChangeKind,
    type Decision,
    type NoteDraft,
    noteRequest,
    request,
    type Scope,
} from "../decisions/decision";
import { type Summary, sendOrKeep } from "../decisions/unsent";
import { faultOfEnd, faultOfPlays, faultsOf, isFar, isHalfTyped, PLAYS, useFaults } from "../faults";
import { isKeeping, shownFrom } from "../offline/keeping";
import { Choice, Dialog, saysTrouble, useDoing } from "../parts";
import { go } from "../place";
import { FarEnd } from "../share/far_end";
import { useWords } from "../share/words";
import { words } from "../strings";
import { saysWhen, toLocalField } from "../when";
import { Instead, others } from "./instead";
import { Note } from "./note";
import { Reads } from "./reads";

/** Of one clip as it is shared now, or of everything where no clip is named. */
export function Change(props: { of: Case; clip?: Clip; release?: Release; done(): void; close(): void }) {
    const { change: said, cancel } = words.value;
    const { client, name } = props.of.client;
    const { clip } = props;
    // What it is decided over is what this form has shown, and not what comes in while somebody thinks.
    const [release] = useState(props.release);
    const [what, setWhat] = useState<ChangeKind>("talk");
    const [scope, setScope] = useState<Scope>(release ? "one" : "all");
    const [saidTimes, setTimes] = useState(() => String(fewest(release)));
    const [until, setUntil] = useState("");
    const [ends, setEnds] = useState(() => (release?.terms ? toLocalField(Date.parse(release.terms.expires_at)) : ""));
    const [sure, setSure] = useState<number>();
    const [sentence, setSentence] = useState<string>();
    const [note, setNote] = useState<NoteDraft>({ kind: "none", reason: "" });
    const [instead, setInstead] = useState("");
    const { busy, trouble, run, say } = useDoing();
    const limit = release?.terms?.daily_limit ?? undefined;
    const most = limit === undefined ? PLAYS[1] : limit - 1;
    // Until it can be taken as it is, the preview shows the fewest.
    const times = faultOfPlays("", saidTimes, { most }) ? 1 : Number(saidTimes);
    const end = ends ? Date.parse(ends) : undefined;
    const canBeFewer = release !== undefined && (limit === undefined || limit > 1);
    // What is chosen may not go with what it concerns: the narrower one gives way.
    const scopes = scopesOf(what, release);
    const concerns: Scope = scopes.includes(scope) ? scope : scopes[0]!;
    const live = props.of.releases.filter((one) => !isOver(one));
    // What stands there now is read when the dialog is there, and once: a look at it is on record.
    const there = useWords(what === "end" || what === "fewer" ? (release ?? live[0])?.release : undefined);
    const says = sentence ?? there?.note ?? "";
    const titles = [
        ...new Set(
            live.map(
                (one) => props.of.clips.find((other) => other.clip === one.clip)?.title ?? words.value.today.aClip,
            ),
        ),
    ];

    // A connection that breaks may have done it: the same question under the same key is done once.
    const [keys] = useState(() => ({ decision: crypto.randomUUID(), note: crypto.randomUUID() }));
    const [decided, setDecided] = useState(false);
    const shut = () => (decided ? props.done() : props.close());

    const mayHaveOther = (what === "end" || what === "pause") && concerns !== "all";

    const { form, faults, goesOn } = useFaults((here) => {
        const { faults: says } = words.value;
        switch (what) {
            case "fewer":
                return faultsOf({ times: faultOfPlays(said.times, saidTimes, { most }) });
            case "dates":
                return faultsOf({
                    ends: faultOfEnd(words.value.share.until, end),
                    sure: isFar(end) && sure !== end ? says.sure : undefined,
                });
            // Nothing at all is a pause without an end.
            case "pause":
                return faultsOf({
                    until: until
                        ? faultOfEnd(said.pauseUntil, Date.parse(until))
                        : isHalfTyped(here, "until")
                          ? says.when(said.pauseUntil)
                          : undefined,
                });
            default:
                return {};
        }
    });

    const save = (event: Event) => {
        event.preventDefault();
        if (!goesOn()) return;
        const decision: Decision = { client, what, scope: concerns, release, times, until, ends, sentence, note };
        const asked = request(decision);
        const kept =
            what !== "end" || decided ? noteRequest(decision, concernedBy(concerns, live, release)) : undefined;
        if (!asked && !kept) return props.close();
        run(async () => {
            try {
                if (asked && !decided)
                    await send(asked, keys.decision, {
                        what: what as Exclude<ChangeKind, "talk">,
                        scope: concerns,
                        times,
                        title: clip?.title,
                        shorter: isShorter(what, ends, release),
                    });
            } catch (error) {
                // What was decided is in force, whatever became of the note that went with it.
                if (isNoteNotKept(error)) return sayNoteNotKept();
                return say(error instanceof Refusal && error.status === 409 ? said.changed : saysTrouble(error));
            }
            try {
                if (kept) await send(kept, keys.note, { what: "note" });
            } catch (error) {
                if (what !== "talk" || isNoteNotKept(error)) return sayNoteNotKept();
                return say(saysTrouble(error));
            }
            props.done();
            if (mayHaveOther && instead) go({ at: "share", client, clip: instead });
        });
    };
    const send = (asked: Command, id: string, says: Summary) =>
        sendOrKeep({ id, asked, client, name, release: release?.release, says });
    const sayNoteNotKept = () => {
        setDecided(true);
        say(said.noteNotKept);
    };
    return (
        <Dialog title={clip ? said.title(clip.title) : said.titleAll(name)} close={shut} wide>
            <form ref={form} class="stack loose" onSubmit={save} noValidate>
                <p class="note">{said.calm}</p>
                <section class="stack">
                    <Choice<ChangeKind>
                        pairs
                        legend={said.what(name)}
                        name="what"
                        value={what}
                        choose={setWhat}
                        options={[
                            { value: "talk", label: said.choices.talk, words: said.choices.talkWords },
                            ...(canBeFewer
                                ? [
                                      {
                                          value: "fewer" as const,
                                          label: said.choices.fewer,
                                          words: said.choices.fewerWords,
                                      },
                                  ]
                                : []),
                            ...(release
                                ? [
                                      {
                                          value: "dates" as const,
                                          label: said.choices.dates,
                                          words: said.choices.datesWords,
                                      },
                                  ]
                                : []),
                            { value: "pause", label: said.choices.pause, words: said.choices.pauseWords },
                            { value: "end", label: said.choices.end, words: said.choices.endWords },
                        ]}
                    />
                    {what === "fewer" && (
                        <Field
                            label={said.times}
                            value={saidTimes}
                            change={setTimes}
                            fault={faults.times}
                            attributes={{ inputmode: "numeric", autocomplete: "off" }}
                        />
                    )}
                    {what === "fewer" && (
                        <Field
                            label={said.sentence(name)}
                            hint={said.sentenceHint}
                            value={says}
                            change={setSentence}
                            attributes={{ maxlength: "500" }}
                        />
                    )}
                    {what === "dates" && (
                        <Field
                            label={words.value.share.until}
                            value={ends}
                            change={setEnds}
                            fault={faults.ends}
                            attributes={{ type: "datetime-local" }}
                        />
                    )}
                    {what === "dates" && <FarEnd end={end} sure={sure} change={setSure} fault={faults.sure} />}
                    {what === "pause" && (
                        <Field
                            label={said.pauseUntil}
                            hint={said.pauseOpen}
                            value={until}
                            change={setUntil}
                            fault={faults.until}
                            attributes={{ type: "datetime-local", name: "until" }}
                        />
                    )}
                    {scopes.length > 1 && (
                        <Choice<Scope>
                            legend={said.which}
                            name="scope"
                            value={concerns}
                            choose={setScope}
                            options={scopes.map((value) => ({
                                value,
                                label:
                                    value === "one"
                                        ? said.one
                                        : value === "everywhere"
                                          ? said.everywhere
                                          : said.all(name),
                                ...(value === "everywhere"
                                    ? { words: said.everywhereWords }
                                    : value === "all"
                                      ? { words: said.allNames(titles.join(", ")) }
                                      : {}),
                            }))}
                        />
                    )}
                    {concerns === "all" && scopes.length === 1 && what !== "talk" && (
                        <p class="note">{said.allNames(titles.join(", "))}</p>
                    )}
                    {mayHaveOther && <Instead clips={others(props.of, clip)} chosen={instead} choose={setInstead} />}
                </section>
                <Reads
                    what={what}
                    times={times}
                    clip={clip ?? props.of.clips.find((one) => one.clip === live[0]?.clip)}
                    name={name}
                    release={release}
                    {...(what === "dates" && end !== undefined ? { ends: end } : {})}
                    bound={bound(concerns, live, release)}
                    words={there}
                    sentence={says}
                    offset={offsetOf(props.of.devices)}
                />
                <Note name={name} note={note} change={setNote} />
                {isKeeping.value && shownFrom.value !== undefined && <p class="card calm">{said.offline(name)}</p>}
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={shut}>
                        {decided ? said.leaveNote : cancel}
                    </button>
                    <button type="submit" class="button" disabled={busy}>
                        {decided ? said.keepNote : saysDo(what, concerns, times, note)}
                    </button>
                </footer>
            </form>
        </Dialog>
    );
}

function scopesOf(what: ChangeKind, release: Release | undefined): Scope[] {
    if (!release) return ["all"];
    if (what === "end") return ["one", "everywhere", "all"];
    return what === "pause" ? ["one", "all"] : ["one"];
}

/** An earlier end takes something away, and is sent with what does. */
function isShorter(what: ChangeKind, ends: string, release: Release | undefined): boolean {
    return what === "dates" && release?.terms != null && Date.parse(ends) < Date.parse(release.terms.expires_at);
}

function fewest(release: Release | undefined): number {
    const limit = release?.terms?.daily_limit ?? undefined;
    return limit === undefined ? 1 : Math.max(1, limit - 1);
}

function concernedBy(scope: Scope, live: Release[], release: Release | undefined): Release[] {
    if (scope === "all") return live;
    return live.filter((one) =>
        scope === "everywhere" ? one.clip === release?.clip : one.release === release?.release,
    );
}

function isNoteNotKept(error: unknown): boolean {
    return error instanceof Refusal && error.code === "note_not_kept";
}

/** By when nothing of what it concerns can play, as far as it is known here. */
function bound(scope: Scope, live: Release[], release: Release | undefined): string | undefined {
    const ends = concernedBy(scope, live, release)
        .map((one) => one.dark_by)
        .filter((at) => at !== null && at !== undefined)
        .map((at) => Date.parse(at));
    return ends.length > 0 ? saysWhen(Math.max(...ends), words.value) : undefined;
}

function saysDo(what: ChangeKind, scope: Scope, times: number, note: NoteDraft): string {
    const said = words.value.change.do;
    switch (what) {
        case "talk":
            return note.kind === "none" ? said.talk : said.talkNoted;
        case "fewer":
            return said.fewer(times);
        case "dates":
            return said.dates;
        case "pause":
            return scope === "all" ? said.pauseAll : said.pause;
        case "end":
            return scope === "all" ? said.endAll : scope === "everywhere" ? said.endEverywhere : said.end;
    }
}
