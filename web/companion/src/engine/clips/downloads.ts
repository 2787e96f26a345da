// Which clips are being fetched, and which wait: for a better network, or for a person's word.

import type { Clip, Companion } from "#bridge";
import type { Api } from "../api";
import { type Database, isFull } from "../store";
import { discard, download, storedRecords } from "./download";
import { keptClip, RecordKey } from "./vault";

/** A download that is larger is asked about where it may cost the person something. */
const LARGE = 20_000_000;
/** How often a clip that does not read back is fetched in one run: it would go on for ever. */
const TRIES = 3;

interface Work {
    stop: AbortController;
    done: Promise<void>;
    share: number;
}

export class Downloads {
    readonly #db: Database;
    readonly #api: Api;
    readonly #machine: Companion;
    readonly #changed: () => void;
    readonly #works = new Map<string, Work>();
    readonly #unreadable = new Map<string, number>();
    readonly #allowed = new Set<string>();
    /** Clips that found no room in this run: they are not fetched again before something has made some. */
    readonly #tooLarge = new Set<string>();

    constructor(db: Database, api: Api, machine: Companion, changed: () => void) {
        this.#db = db;
        this.#api = api;
        this.#machine = machine;
        this.#changed = changed;
    }

    /** Clips whose ciphertext is not whole yet, and worth another try. */
    missing(): string[] {
        return this.#machine
            .releases()
            .filter(
                (release) =>
                    this.#machine.held(release)?.phase === "fetching" &&
                    !this.#tooLarge.has(release) &&
                    (this.#unreadable.get(release) ?? 0) < TRIES,
            );
    }

    /** Whether a clip was not fetched because this device is full. */
    wantsRoom(): boolean {
        return [...this.#tooLarge].some((release) => this.#machine.held(release)?.phase === "fetching");
    }

    /** Something has gone from this device: what found no room is tried again. */
    madeRoom(): void {
        this.#tooLarge.clear();
    }

    /** Fetches what is missing of a clip; nothing when it is being fetched, or waits for a word. Throws without contact. */
    async fetch(release: string): Promise<boolean> {
        const held = this.#machine.held(release);
        if (!held || this.#works.has(release) || this.#tooLarge.has(release) || this.asksBefore(release)) return false;
        const work: Work = { stop: new AbortController(), share: 0, done: Promise.resolve() };
        const progress = (share: number) => {
            work.share = share;
            this.#changed();
        };
        const clip = this.#machine.clip(release);
        const fetched = download(this.#db, this.#api, release, held.clip, clip, work.stop.signal, progress);
        const notFetched = async (error: unknown) => {
            if (!isFull(error)) return;
            this.#tooLarge.add(release);
            // A piece of a clip plays nothing, and takes the room that an end or a letter is written with.
            await discard(this.#db, release).catch(() => {});
        };
        work.done = fetched.then(() => {}, notFetched).finally(() => this.#works.delete(release));
        this.#works.set(release, work);
        await fetched.finally(() => work.done);
        return true;
    }

    /** Stops fetching, and waits until nothing more is written. */
    async stop(release: string): Promise<void> {
        const work = this.#works.get(release);
        work?.stop.abort();
        await work?.done;
    }

    stopAll(): void {
        for (const { stop } of this.#works.values()) stop.abort();
    }

    isIdle(): boolean {
        return this.#works.size === 0;
    }

    /** How far a download is, from 0 to 1. */
    share(release: string): number | undefined {
        return this.#works.get(release)?.share;
    }

    /** Whether a clip waits for the person's word: it is large, and the network may cost them something. */
    asksBefore(release: string): boolean {
        const { type, saveData } =
            (navigator as { connection?: { type?: string; saveData?: boolean } }).connection ?? {};
        const costs = type === "cellular" || saveData === true;
        return costs && !this.#allowed.has(release) && (this.#machine.held(release)?.cipher_len ?? 0) > LARGE;
    }

    /** The person has said that it may be fetched all the same. */
    allow(release: string): void {
        this.#allowed.add(release);
    }

    /** Whether both ends of what is stored open under the clip's key, and nothing is missing in between. */
    async readBack(release: string): Promise<boolean> {
        const plays = await this.#opens(release, this.#machine.clip(release)).catch(() => false);
        this.#unreadable.set(release, plays ? 0 : (this.#unreadable.get(release) ?? 0) + 1);
        return plays;
    }

    async #opens(release: string, clip: Clip): Promise<boolean> {
        if ((await storedRecords(this.#db, release)) !== clip.records) return false;
        const [kept, header] = await Promise.all([keptClip(this.#db, release), this.#db.get("records", [release, -1])]);
        if (!kept || !header) return false;
        const key = await RecordKey.derive(kept.key, new Uint8Array(header), clip);
        for (const index of new Set([0, clip.records - 1])) {
            await key.open(index, (await this.#db.get("records", [release, index]))!);
        }
        return true;
    }

    /** Clips that were ready, and of which the browser has taken something back. */
    async lost(): Promise<string[]> {
        const ready = this.#machine.releases().filter((release) => this.#machine.held(release)?.phase === "ready");
        const lost = [];
        for (const release of ready) {
            if ((await storedRecords(this.#db, release)) !== this.#machine.clip(release).records) lost.push(release);
        }
        return lost;
    }
}
