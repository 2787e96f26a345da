// The clips as a person sees them, read from what the engine knows at this moment.

import type { Access, OnShelf, Words } from "#bridge";
import { readWords } from "../engine/clips/vault";
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

/** Words that were opened, as long as this window drives: what another one ends it would not hear of. */
const opened = new Map<string, Words>();

/** Clips to show, and clips that have ended and have left a note that was not read. */
export async function readShelf(db: Database, engine: Engine): Promise<{ clips: ClipView[]; partings: string[] }> {
    const { machine, papers } = engine;
    const pending = await pendingReturns(db);
    const now = machine.trusted(...clocks());
    const clips: ClipView[] = [];
    const ended = new Set<string>();
    for (const item of papers.shelf()) {
        const access = engine.access(item.release);
        if (access.is === "ended" || item.state === "ended" || (now !== undefined && now >= item.ends_at)) {
            ended.add(item.release);
            continue;
        }
        const held = machine.held(item.release);
        clips.push({
            release: item.release,
            words: await wordsOf(db, item.release),
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
    const kept = await db.getAllKeys("partings");
    return { clips, partings: kept.filter((one) => ended.has(one) && !machine.held(one)) };
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

/** Forgets the words of a clip that is being erased, or of all of them. */
export function forgetWords(release?: string): void {
    if (release === undefined) opened.clear();
    else opened.delete(release);
}

async function wordsOf(db: Database, release: string): Promise<Words | undefined> {
    const known = opened.get(release);
    if (known) return known;
    const kept = await db.get("clips", release);
    if (!kept) return undefined;
    const words = await readWords(kept).catch(() => undefined);
    if (words) opened.set(release, words);
    return words;
}
