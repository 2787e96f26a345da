// What the server answers, as docs/openapi.json says it. Only what the console reads.

export interface SignedIn {
    token: string;
    expires_at: string;
    staff: string;
    practice: string;
    role: string;
    name: string;
}
export interface Practice {
    name: string;
    contact: { practice: string; crisis: string };
}
export interface Client {
    client: string;
    name: string;
    created_at: string;
}

export type ParticipantKind = "client" | "partner" | "family_member" | "group_member" | "therapist";
export type Purpose =
    | "record"
    | "release_to_client"
    | "review_together"
    | "share_practice_data"
    | "supervision"
    | "training"
    | "quality_review";

export interface Participant {
    participant: string;
    kind: ParticipantKind;
    name: string;
}
export interface ConsentEvent {
    consent: string;
    participant: string;
    purpose: Purpose;
    kind: "given" | "withdrawn";
    form: string | null;
    at: string;
    valid_until: string | null;
    /** Who entered it; nobody for what the person has withdrawn themself. */
    recorded_by: string | null;
}
export interface Recording {
    recording: string;
    client: string;
    recorded_at: string;
    participants: Participant[];
    consents: ConsentEvent[];
}
export interface Form {
    form: string;
    version: number;
    paragraphs: string[];
    created_at: string;
}

export interface Clip {
    clip: string;
    recording: string;
    client: string;
    created_at: string;
    title: string;
    media_type: string;
    duration_ms: number;
    plain_len: number;
    heard: string[];
}

export interface QuietRange {
    from: string;
    to: string;
}
export interface Terms {
    not_before: string | null;
    expires_at: string;
    offline_hours: number | null;
    daily_limit: number | null;
    quiet_hours: QuietRange[];
    planned_daily: number | null;
}
export interface Mark {
    at_ms: number;
    words: string;
}
export interface ReleaseWords {
    note: string | null;
    marks: Mark[];
    parting_note: string;
}

export type Known = "not_confirmed" | "nothing" | "leased" | "ready" | "pending" | "wiped" | "lost";
export interface DeviceTruth {
    device: string;
    name: string;
    known: Known;
    at: string | null;
    dark_by: string | null;
}
export type Standing = "live" | "later" | "held" | "unconfirmed" | "expired" | "revoked";
export interface Release {
    release: string;
    clip: string;
    standing: Standing;
    waits_for: string | null;
    terms: Terms | null;
    entries: string[];
    unseen: string[];
    holds: string[];
    dark_by: string | null;
    devices: DeviceTruth[];
}

export interface Device {
    device: string;
    name: string;
    paired_at: string;
    confirmed_at: string | null;
    removed_at: string | null;
    seen_at: string | null;
    utc_offset_minutes?: number | null;
}
export interface Invitation {
    code: string;
    expires_at: string;
}

export interface Letter {
    letter: string;
    kind: "return" | "request";
    release?: string | null;
    at: string;
    received_at: string;
    words?: string | null;
    read: boolean;
}
export type ObservationKind = "fixation" | "distress" | "other";
export interface Observation {
    observation: string;
    kind: ObservationKind;
    at: string;
    releases: string[];
    reason: string;
}

/** Plays by part of the client's day: from midnight to five, to noon, to six, to midnight. */
export interface Parts {
    night: number;
    morning: number;
    afternoon: number;
    evening: number;
}

export interface Listening {
    shared: boolean;
    days: { release: string; day: string; plays: number; parts: Parts }[];
    ratings: { release: string; at: string; value: number }[];
}

export type Urgency = "now" | "high" | "normal" | "low";
export type Duty = { urgency: Urgency; title: string | null } & (
    | { kind: "confirm_restore"; since: string }
    | { kind: "confirm_release"; client: string; release: string; seen: string[] }
    | { kind: "ask_consent"; client: string; release: string; clip: string }
    | {
          kind: "read_letter";
          client: string;
          letter: string;
          says: "return" | "request" | null;
          release: string | null;
          received_at: string;
      }
    | { kind: "confirm_device"; client: string; device: string; paired_at: string }
    | { kind: "await_wipe"; client: string; release: string; device: string; dark_by: string }
);
export interface Ending {
    client: string;
    release: string;
    clip: string;
    title: string | null;
    ends_at: string;
}
