// What of this phone's clips and letters is shown, read from what the engine knows at this moment.

import { signal } from "@preact/signals";
import type { Access, LetterView, OnShelf, Words } from "#bridge";
import { keptClip, readWords } from "../engine/clips/vault";
import { clocks } from "../engine/clock";
import type { Engine } from "../engine/engine";
import type { Database } from "../engine/store";
import { pendingReturns } from "./pending_return";

/** One clip as a person sees it. */
export interface ClipView {
    release: string;
    words: Words | undefined;
    access: Access;
    /** What stands against it that is no term of its own: it rests, it is on its way, or a network is waited for. */
    awaits: "rest" | "coming" | "contact" | undefined;
    /** Whether ciphertext and key are here. */
    ready: boolean;
    /** How far it is fetched, from 0 to 1, while it is. */
    share: number | undefined;
    /** How many megabytes it waits with for the person's word, where that may cost something. */
    asks: number | undefined;
    validUntil: number | undefined;
    endsAt: number;
    left: number | undefined;
    /** Until when "this doesn't help me" may be taken back. */
    undoUntil: number | undefined;
}

export class Shelf {
    readonly clips = signal<ClipView[]>([]);
    /** Clips that have ended and have left a note that was not read. */
    readonly partings = signal<string[]>([]);
    readonly letters = signal<LetterView[]>([]);
    /** Whether something has found no room on this phone. */
    readonly isFull = signal(false);
    readonly #db: Database;
    /** Words that were opened, as long as this window drives: what another one ends it would not hear of. */
    readonly #opened = new Map<string, Words>();

    constructor(db: Database) {
        this.#db = db;
    }

    /** Shows what the engine knows now, unless it drives no more when that has been read. */
    async read(engine: Engine, stillDrives: () => boolean): Promise<void> {
        const { clips, partings } = await this.#readClips(engine);
        // Somebody else drives since: what was read may be gone.
        if (!stillDrives()) return this.hide();
        this.clips.value = clips;
        this.partings.value = partings;
        this.letters.value = engine.documents.letters().sort((a, b) => b.at - a.at);
        this.isFull.value = engine.isFull();
    }

    hide(): void {
        this.#opened.clear();
        this.clips.value = [];
        this.partings.value = [];
        this.letters.value = [];
    }

    /** Forgets the words of a clip that is being erased. */
    forget(release: string): void {
        this.#opened.delete(release);
    }

    /** What a clip waits for, as a person is told it: what finds no room is not on its way. */
    awaited(clip: ClipView): ClipView["awaits"] | "room" {
        const isComing = clip.awaits === "coming" && !clip.ready && clip.share === undefined;
        return isComing && this.isFull.value ? "room" : clip.awaits;
    }

    /** The note that a clip has left was read. */
    async dropParting(release: string): Promise<void> {
        await this.#db.delete("partings", release);
        this.partings.value = this.partings.value.filter((one) => one !== release);
    }

    async #readClips(engine: Engine): Promise<{ clips: ClipView[]; partings: string[] }> {
        const { machine, documents } = engine;
        const pending = await pendingReturns(this.#db);
        const now = machine.trusted(...clocks());
        const clips: ClipView[] = [];
        const ended = new Set<string>();
        for (const item of documents.shelf()) {
            const access = engine.access(item.release);
            if (access.is === "ended" || item.state === "ended" || (now !== undefined && now >= item.ends_at)) {
                ended.add(item.release);
                continue;
            }
            const held = machine.held(item.release);
            clips.push({
                release: item.release,
                words: await this.#wordsOf(item.release),
                access,
                awaits: awaits(access, item.state, engine.isConnected()),
                ready: held?.phase === "ready",
                share: engine.downloads.share(item.release),
                asks:
                    held?.phase === "fetching" && engine.downloads.asksBefore(item.release)
                        ? Math.ceil(held.cipher_len / 1_000_000)
                        : undefined,
                validUntil: held?.valid_until,
                endsAt: item.ends_at,
                left: machine.plays_left(item.release, ...clocks()) ?? undefined,
                undoUntil: pending.find((one) => one.release === item.release)?.until,
            });
        }
        const kept = await this.#db.getAllKeys("partings");
        return { clips, partings: kept.filter((one) => ended.has(one) && !machine.held(one)) };
    }

    async #wordsOf(release: string): Promise<Words | undefined> {
        const known = this.#opened.get(release);
        if (known) return known;
        const words = await keptClip(this.#db, release)
            .then((kept) => kept && readWords(kept))
            .catch(() => undefined);
        if (words) this.#opened.set(release, words);
        return words;
    }
}

/** Where there is a connection the shelf is the newest word: what it says is live is on its way, whatever was said before. */
function awaits(access: Access, state: OnShelf["state"], isConnected: boolean): ClipView["awaits"] {
    switch (access.is) {
        case "held":
            return isConnected && state === "live" ? "coming" : "rest";
        case "needs_contact":
        case "lapsed":
            return isConnected ? "coming" : "contact";
        default:
            return undefined;
    }
}
