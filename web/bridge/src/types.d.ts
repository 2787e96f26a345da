/** What is to be done, in order. */
export type Effect =
    | { do: "save" }
    | {
          do: "ask";
          nonce: Uint8Array;
          holding: { release: string; generation: number }[];
          removed: string[];
          denials: Uint8Array[];
      }
    | { do: "open_batch"; enc: Uint8Array; info: Uint8Array; items: ToOpen[] }
    | { do: "fetch" | "discard" | "read_back" | "erase_key" | "erase"; release: string }
    | { do: "sign"; n: number; message: Uint8Array }
    | { do: "send_receipts" };

/** One item of a batch; one that is not wanted is opened, for HPKE counts, and dropped. */
export interface ToOpen {
    release: string;
    aad: Uint8Array;
    ciphertext: Uint8Array;
    wanted: boolean;
}

/** May this play now? Instants in milliseconds. */
export type Access =
    | { is: "playable"; until: number }
    | { is: "later"; from: number }
    | { is: "dose_reached"; again_at?: number }
    | { is: "quiet_hours"; again_at: number }
    | { is: "needs_contact" | "held" | "lapsed" | "ended" };

/** What is held of one release. */
export interface Held {
    clip: string;
    phase: "fetching" | "ready" | "locked" | "wiping";
    generation: number;
    valid_until: number;
    ends_at: number;
    offline_for: number;
    daily_limit?: number;
    budget_left: number;
    cipher_len: number;
    sha256: Uint8Array;
    media_type: string;
}

/** One release on the shelf. */
export interface OnShelf {
    release: string;
    state: "live" | "paused" | "ended";
    not_before?: number;
    ends_at: number;
    offline_for: number;
    daily_limit?: number;
}

/** A letter that was written, and whether the server is known to have it. */
export interface LetterView {
    id: string;
    kind: "return" | "request" | "rating";
    at: number;
    release?: string;
    words?: string;
    value?: number;
    arrived: boolean;
}

/** What a frame has told. */
export interface Told {
    frames: Uint8Array[];
    greeted?: string;
    changed: boolean;
    refused?: string;
    withheld: boolean;
    left: boolean;
}

/** The local day, its part where it is known, and the day's count, where a play counted. */
export type Played = { day: number; part?: string; count: number } | undefined;

/** Words that live and go with a lease. */
export interface Words {
    title: string;
    note?: string;
    marks: { at: number; words: string }[];
    duration: number;
    media_type: string;
}
