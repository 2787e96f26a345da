// What is known of a client, read together: clips, what is shared of them, sessions, phones.

import type { Client, Clip, ConsentEvent, Device, Participant, Purpose, Recording, Release } from "./api/answers";
import { get } from "./api/rest";
import { LIVE, type Loaded, useLoaded } from "./loaded";

export interface Case {
    client: Client;
    clips: Clip[];
    releases: Release[];
    recordings: Recording[];
    devices: Device[];
}

/** What somebody may agree to, in the order in which it is asked. */
export const PURPOSES: Purpose[] = [
    "record",
    "release_to_client",
    "review_together",
    "share_practice_data",
    "supervision",
    "training",
    "quality_review",
];

export function useCase(client: string): Loaded<Case> {
    return useLoaded(`case ${client}`, () => readCase(client), LIVE);
}

async function readCase(id: string): Promise<Case> {
    const at = `/v1/clients/${id}`;
    const [client, clips, releases, recordings, devices] = await Promise.all([
        get<Client>(at),
        get<{ clips: Clip[] }>(`${at}/clips`),
        get<{ releases: Release[] }>(`${at}/releases`),
        get<{ recordings: Recording[] }>(`${at}/recordings`),
        get<{ devices: Device[] }>(`${at}/devices`),
    ]);
    return {
        client,
        clips: clips.clips,
        releases: releases.releases,
        recordings: recordings.recordings,
        devices: devices.devices,
    };
}

/** How far a client is ahead of UTC, as their phones said last: the one that was heard of last counts. */
export function offsetOf(devices: Device[]): number | undefined {
    const known = devices.filter(
        (one) => !one.removed_at && one.confirmed_at && typeof one.utc_offset_minutes === "number",
    );
    known.sort((one, other) => (other.seen_at ?? "").localeCompare(one.seen_at ?? ""));
    return known[0]?.utc_offset_minutes ?? undefined;
}

export function isOver(release: Release): boolean {
    return release.standing === "revoked" || release.standing === "expired";
}

/** Somebody's agreement to a purpose stands: the latest word about it counts, and before all others what they withdrew themself. */
export function agrees(recording: Recording, participant: string, purpose: string, now = Date.now()): boolean {
    const about = recording.consents.filter((event) => event.participant === participant && event.purpose === purpose);
    const last = about.some(isOwn) ? undefined : about.at(-1);
    return last?.kind === "given" && (!last.valid_until || Date.parse(last.valid_until) > now);
}

/** Whether somebody has withdrawn on their own phone: then nobody enters anything for them on this recording any more. */
export function withdrewThemself(recording: Recording, participant: string): boolean {
    return recording.consents.some((event) => event.participant === participant && isOwn(event));
}

function isOwn(event: ConsentEvent): boolean {
    return event.kind === "withdrawn" && event.recorded_by === null;
}

/** Everybody who was there and does not agree to being recorded. */
export function withoutRecord(recording: Recording): Participant[] {
    return recording.participants.filter((one) => !agrees(recording, one.participant, "record"));
}

/** Everybody who was ever in this client's sessions, each once. */
export function people(recordings: Recording[]): Participant[] {
    const found = new Map<string, Participant>();
    for (const recording of recordings) for (const one of recording.participants) found.set(one.participant, one);
    return [...found.values()];
}

export function names(of: Participant[], ids: string[]): string {
    return ids.map((id) => of.find((one) => one.participant === id)?.name ?? "…").join(", ");
}
