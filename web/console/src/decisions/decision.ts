// What is decided in the dialog, as requests: one for what is decided, one for the private note.

import type { ObservationKind, Release } from "../api/answers";
import type { Command } from "../api/rest";

export type ChangeKind = "talk" | "fewer" | "dates" | "pause" | "end";
export type Scope = "one" | "everywhere" | "all";

/** The private note as it is being written. */
export interface NoteDraft {
    kind: NoteKind;
    reason: string;
}

export type NoteKind = "none" | ObservationKind;

export const NOTE_KINDS = ["fixation", "distress", "other"] as const;

export interface Decision {
    client: string;
    what: ChangeKind;
    scope: Scope;
    /** The release as the form has shown it: what it is decided over is named by it. */
    release: Release | undefined;
    times: number;
    until: string;
    ends: string;
    /** What the client reads from now on before they press play, where it is another than before. */
    sentence?: string | undefined;
    note: NoteDraft;
}

/** How many releases a note names at most. */
const NAMED = 64;

/** What is to be decided; nothing where somebody talks first. */
export function request({
    client,
    what,
    scope,
    release,
    times,
    until,
    ends,
    sentence,
    note,
}: Decision): Command | undefined {
    switch (what) {
        case "talk":
            return undefined;
        case "fewer":
            return {
                method: "PATCH",
                path: `/v1/releases/${release!.release}`,
                body: {
                    set: { daily_limit: times },
                    over: release!.entries,
                    ...(sentence === undefined ? {} : { note: sentence }),
                },
            };
        case "dates":
            return {
                method: "PATCH",
                path: `/v1/releases/${release!.release}`,
                body: { set: { expires_at: new Date(ends).toISOString() }, over: release!.entries },
            };
        case "pause":
            return {
                method: "POST",
                path: scope === "all" ? `/v1/clients/${client}/holds` : `/v1/releases/${release!.release}/holds`,
                body: until ? { until: new Date(until).toISOString() } : {},
            };
        case "end":
            return {
                method: "POST",
                path: `/v1/clients/${client}/revocations`,
                body: { on: on(scope, release), observation: observation(note) },
            };
    }
}

/** The private note by itself: with an end it goes along, for an end is written even where its note cannot be. */
export function noteRequest(
    { client, note }: Pick<Decision, "client" | "note">,
    concerned: Release[],
): Command | undefined {
    const observed = observation(note);
    if (!observed) return undefined;
    const releases = concerned.slice(0, NAMED).map((one) => one.release);
    return { method: "POST", path: `/v1/clients/${client}/observations`, body: { observation: observed, releases } };
}

function on(scope: Scope, release: Release | undefined): unknown {
    if (scope === "all" || !release) return "shelf";
    return scope === "everywhere" ? { clip: release.clip } : { release: release.release };
}

function observation(note: NoteDraft): unknown {
    return note.kind === "none" ? null : { kind: note.kind, reason: note.reason.trim() };
}
