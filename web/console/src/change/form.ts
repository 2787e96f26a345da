// What the dialog of a change holds, what follows from it, and how it is saved: rules without a page.

import type { Release } from "../api/answers";
import { type Command, Refusal } from "../api/rest";
import { isOver } from "../case";
import {
    type ChangeKind,
    type Decision,
    type NoteDraft,
    noteRequest,
    request,
    type Scope,
} from "../decisions/decision";
import type { Summary } from "../decisions/unsent";
import { faultOfPlays, PLAYS } from "../faults";
import { toLocalField } from "../when";

/** What it is decided over: as the dialog has shown it, and not what comes in while somebody thinks. */
export interface Subject {
    client: string;
    /** None where everything is concerned. */
    release: Release | undefined;
    /** What is shared with the client now. */
    live: Release[];
    title: string | undefined;
}

export interface ChangeForm {
    what: ChangeKind;
    scope: Scope;
    times: string;
    /** As `<input type="datetime-local">` gives it: of a pause, and of other dates. */
    until: string;
    ends: string;
    /** An end that is far away, and that somebody has said is meant. */
    sure: number | undefined;
    sentence: string | undefined;
    note: NoteDraft;
    /** The clip that is shared next, in the place of this one. */
    instead: string;
    /** What was decided is in force; its note is not kept yet. */
    isDecided: boolean;
    /** A connection that breaks may have done it: the same question under the same key is done once. */
    keys: { decision: string; note: string };
}

export function begin(release: Release | undefined): ChangeForm {
    const limit = limitOf(release);
    return {
        what: "talk",
        scope: release ? "one" : "all",
        times: String(limit === undefined ? 1 : Math.max(1, limit - 1)),
        until: "",
        ends: release?.terms ? toLocalField(Date.parse(release.terms.expires_at)) : "",
        sure: undefined,
        sentence: undefined,
        note: { kind: "none", reason: "" },
        instead: "",
        isDecided: false,
        keys: { decision: crypto.randomUUID(), note: crypto.randomUUID() },
    };
}

/** What may be chosen. */
export function kindsOf(release: Release | undefined): ChangeKind[] {
    const limit = limitOf(release);
    const canBeFewer = release !== undefined && (limit === undefined || limit > 1);
    return ["talk", ...(canBeFewer ? ["fewer" as const] : []), ...(release ? ["dates" as const] : []), "pause", "end"];
}

export function scopesOf(what: ChangeKind, release: Release | undefined): Scope[] {
    if (!release) return ["all"];
    if (what === "end") return ["one", "everywhere", "all"];
    return what === "pause" ? ["one", "all"] : ["one"];
}

/** What is chosen may not go with what it concerns: the narrower one gives way. */
export function scopeOf({ what, scope }: ChangeForm, release: Release | undefined): Scope {
    const scopes = scopesOf(what, release);
    return scopes.includes(scope) ? scope : scopes[0]!;
}

/** The most that is fewer than now. */
export function mostOf(release: Release | undefined): number {
    const limit = limitOf(release);
    return limit === undefined ? PLAYS[1] : limit - 1;
}

/** Until it can be taken as it is, the fewest. */
export function timesOf({ times }: ChangeForm, release: Release | undefined): number {
    return faultOfPlays("", times, { most: mostOf(release) }) ? 1 : Number(times);
}

export function endOf({ ends }: ChangeForm): number | undefined {
    return ends ? Date.parse(ends) : undefined;
}

/** Whether another clip may be shared in the place of what goes. */
export function mayHaveOther(form: ChangeForm, release: Release | undefined): boolean {
    return (form.what === "end" || form.what === "pause") && scopeOf(form, release) !== "all";
}

/** The last instant at which anything of what it concerns can play, as far as it is known here. */
export function darkBy(form: ChangeForm, { release, live }: Subject): number | undefined {
    const ends = concernedBy(scopeOf(form, release), live, release)
        .map((one) => one.dark_by)
        .filter((at) => at !== null && at !== undefined)
        .map((at) => Date.parse(at));
    return ends.length > 0 ? Math.max(...ends) : undefined;
}

/** How saving has ended. */
export type Saved =
    | { is: "nothing_to_do" }
    | { is: "done"; instead: string | undefined }
    /** What was decided is in force, whatever became of its note. */
    | { is: "note_not_kept" }
    /** Something else has been decided since. */
    | { is: "overtaken" }
    | { is: "failed"; error: unknown };

/** Sends what was decided, then the note by itself; what is in force already is not sent again. */
export async function save(
    form: ChangeForm,
    subject: Subject,
    send: (asked: Command, key: string, summary: Summary) => Promise<void>,
): Promise<Saved> {
    const { release, live, title } = subject;
    const { what, isDecided, keys } = form;
    const scope = scopeOf(form, release);
    const times = timesOf(form, release);
    const decision: Decision = { ...form, client: subject.client, release, scope, times };
    const asked = request(decision);
    // With an end the note goes along.
    const note = what === "end" && !isDecided ? undefined : noteRequest(decision, concernedBy(scope, live, release));
    if (!asked && !note) return { is: "nothing_to_do" };
    try {
        if (asked && what !== "talk" && !isDecided)
            await send(asked, keys.decision, { what, scope, times, title, shorter: isShorter(form, release) });
    } catch (error) {
        if (isNoteNotKept(error)) return { is: "note_not_kept" };
        return error instanceof Refusal && error.status === 409 ? { is: "overtaken" } : { is: "failed", error };
    }
    try {
        if (note) await send(note, keys.note, { what: "note" });
    } catch (error) {
        return what !== "talk" || isNoteNotKept(error) ? { is: "note_not_kept" } : { is: "failed", error };
    }
    return { is: "done", instead: mayHaveOther(form, release) ? form.instead || undefined : undefined };
}

/** An earlier end takes something away, and is sent with what does. */
function isShorter({ what, ends }: ChangeForm, release: Release | undefined): boolean {
    return what === "dates" && release?.terms != null && Date.parse(ends) < Date.parse(release.terms.expires_at);
}

function concernedBy(scope: Scope, live: Release[], release: Release | undefined): Release[] {
    if (scope === "all") return live;
    return live.filter((one) =>
        scope === "everywhere" ? one.clip === release?.clip : one.release === release?.release,
    );
}

export function liveOf(releases: Release[]): Release[] {
    return releases.filter((one) => !isOver(one));
}

function limitOf(release: Release | undefined): number | undefined {
    return release?.terms?.daily_limit ?? undefined;
}

function isNoteNotKept(error: unknown): boolean {
    return error instanceof Refusal && error.code === "note_not_kept";
}
