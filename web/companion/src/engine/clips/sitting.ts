// One sitting with a clip: its media is decrypted record by record, as the player asks for it, and paid for before.

import type { Clip } from "#bridge";
import type { Database } from "../store";
import { RecordKey } from "./vault";

/** How much media time is paid for at once, in milliseconds. */
const STEP = 60_000;
/** How much a player is given for one request: it asks on, and what is not listened to is not decrypted. */
const MOST = 256 * 1024;

/** The media can not be had any more: the clip has ended, or has been played enough. */
export class Refused extends Error {}

export class Sitting {
    readonly type: string;
    readonly length: number;
    readonly #db: Database;
    readonly #release: string;
    readonly #clip: Clip;
    readonly #key: RecordKey;
    readonly #duration: number;
    readonly #pay: (stretch: number) => Promise<void>;
    #owed = 0;
    #paid = 0;

    private constructor(
        db: Database,
        release: string,
        clip: Clip,
        key: RecordKey,
        duration: number,
        type: string,
        pay: (stretch: number) => Promise<void>,
    ) {
        this.#db = db;
        this.#release = release;
        this.#clip = clip;
        this.#key = key;
        this.#duration = Math.max(duration, 1_000);
        this.#pay = pay;
        this.type = type;
        this.length = clip.plain_len;
    }

    /** `pay` debits a stretch of media time durably, or throws `Refused`. */
    static async begin(
        db: Database,
        release: string,
        clip: Clip,
        kept: CryptoKey,
        words: { duration: number; media_type: string },
        pay: (stretch: number) => Promise<void>,
    ): Promise<Sitting> {
        const header = await db.get("records", [release, -1]);
        if (!header) throw new Refused();
        const key = await RecordKey.derive(kept, new Uint8Array(header), clip);
        return new Sitting(db, release, clip, key, words.duration, words.media_type, pay);
    }

    /** Plain bytes from `from` on, up to `to` or as many as are given at once. */
    async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
        const end = Math.min(to, from + MOST, this.length);
        const [first, after] = this.#clip.records_holding(from, end) as unknown as [number, number];
        const out = new Uint8Array(Math.max(end - from, 0));
        for (let index = first; index < after; index++) {
            const [start, stop] = this.#clip.plain_range(index) as unknown as [number, number];
            await this.#owe(((stop - start) / this.length) * this.#duration);
            const record = await this.#db.get("records", [this.#release, index]);
            if (!record) throw new Refused();
            const plain = await this.#key.open(index, record);
            const [a, b] = [Math.max(from, start), Math.min(end, stop)];
            out.set(plain.subarray(a - start, b - start), a - from);
            plain.fill(0);
        }
        return out;
    }

    async #owe(milliseconds: number): Promise<void> {
        this.#owed += milliseconds;
        while (this.#paid < this.#owed) {
            const step = Math.min(STEP, this.#duration);
            await this.#pay(step);
            this.#paid += step;
        }
    }
}
