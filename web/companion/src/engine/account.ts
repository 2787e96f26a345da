// What the server knows of this phone's person, and what they may ask of it: for themself alone.

import type { Api } from "./api";

/** Who belongs to this phone, as the server tells it. */
export interface Circle {
    therapists: string[];
    contact: { practice: string; crisis: string };
    devices: { device: string; name: string; this: boolean; confirmed: boolean }[];
    /** Whether their listening is shared, as the server heard it last; not known while it cannot be read. */
    shares_listening?: boolean | null;
}

/** A code for the next phone. */
export interface MoveCode {
    code: string;
    expires_at: string;
}

export type Purpose =
    | "record"
    | "release_to_client"
    | "review_together"
    | "share_practice_data"
    | "supervision"
    | "training"
    | "quality_review";

/** Something that somebody did, on a day and at no hour. */
export interface Deed {
    day: string;
    kind:
        | "shared"
        | "changed"
        | "returned"
        | "played_together"
        | "agreed"
        | "changed_mind"
        | "phone_added"
        | "phone_removed";
    release?: string;
    who?: string;
    phone?: string;
    purposes?: Purpose[];
}

export interface Session {
    recording: string;
    day: string;
    pieces: { made_on: string; duration_ms: number; destroyed_on?: string; ends_with_them: boolean }[];
    papers: { purpose: Purpose; form?: string; agreed_on?: string; until?: string; changed_on?: string }[];
}

export interface Sessions {
    sessions: Session[];
    forms: { form: string; version: number; paragraphs: string[] }[];
}

export class Account {
    readonly #api: Api;

    constructor(api: Api) {
        this.#api = api;
    }

    circle(): Promise<Circle> {
        return this.#api.json("GET", "/v1/device/circle");
    }

    /** Tells what hour it is here, and not where that is. */
    async tellLocalTime(utc_offset_minutes: number): Promise<void> {
        await this.#api.json("PUT", "/v1/device/local-time", { utc_offset_minutes });
    }

    /** Removes another phone of the person's own: one that was lost. */
    async removePhone(device: string): Promise<void> {
        await this.#api.json("DELETE", `/v1/device/circle/devices/${device}`);
    }

    /** Makes a code for the next phone; the one that was made here before is void. */
    moveCode(): Promise<MoveCode> {
        return this.#api.json("POST", "/v1/device/pairing-codes");
    }

    async history(): Promise<Deed[]> {
        return (await this.#api.json<{ deeds: Deed[] }>("GET", "/v1/device/history")).deeds;
    }

    sessions(): Promise<Sessions> {
        return this.#api.json("GET", "/v1/device/sessions");
    }

    /** Takes back what they agreed to about a session. */
    async changeMind(recording: string): Promise<void> {
        await this.#api.json("POST", `/v1/device/sessions/${recording}/withdrawal`);
    }
}
