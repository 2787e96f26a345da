// What the screens show: the engine's state, looked at again whenever it says that something has changed.

import { computed, signal } from "@preact/signals";
import type { Access, LetterView, Words } from "#bridge";
import { askCircle, circle, isUnconfirmed, recallCircle, tellLocalTime } from "./circle";
import { NoAnswer } from "./engine/api";
import { clocks } from "./engine/clock";
import { holdMachine } from "./engine/driver";
import { Engine } from "./engine/engine";
import { type Database, forgetEverything, openStore, readValue, type SetAside, writeValue } from "./engine/store";
import { readWords } from "./engine/vault";
import { beginLock } from "./lock";
import { type Settings, startSettings } from "./settings";
import { strings } from "./strings";

/** One clip as a person sees it. */
export interface ClipView {
    release: string;
    words: Words | undefined;
    access: Access;
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
    setAsideUntil: number | undefined;
}

/** How this app stands: with no phone paired, paired, driven by another window, or removed. */
export type Standing = "starting" | "new" | "waiting" | "paired" | "elsewhere" | "removed";

export const standing = signal<Standing>("starting");
export const settings = signal<Settings>(startSettings(navigator.language));
export const clips = signal<ClipView[]>([]);
/** Clips that have ended and have left a note that was not read. */
export const partings = signal<string[]>([]);
export const letters = signal<LetterView[]>([]);
export const allSent = signal(true);
export const words = computed(() => strings(settings.value.language));
export { circle, contact, isUnconfirmed } from "./circle";
export const therapist = computed(() => circle.value?.therapists[0] ?? words.value.yourTherapist);

/** How long "this doesn't help me" may be taken back. */
export const UNDO = 600_000;
/** How often time, leases and the connection are looked at while the app is open. */
const BEAT = 15_000;
/** How long is waited at most until a lost connection is tried again. */
const LONGEST_WAIT = 60_000;
const SOON = 4_000;

let db: Database;
let engine: Engine | undefined;
let release: (() => void) | undefined;
let looking: Promise<void> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let wait = 1_000;
let onGone: (clip: string) => void = () => {};
let onOvertaken = () => {};
const read = new Map<string, Words>();
/** How often something was said of sharing while this runs. */
let said = 0;

/** Starts; `gone` is told of a clip that is being erased, `overtaken` that another window drives now. */
export async function start(gone: (clip: string) => void, overtaken: () => void): Promise<void> {
    onGone = gone;
    onOvertaken = overtaken;
    db = await openStore();
    settings.value = { ...settings.value, ...(await readValue<Settings>(db, "settings")) };
    document.documentElement.lang = words.value.locale;
    await beginLock(db);
    setInterval(() => void beat(), BEAT);
    addEventListener("online", () => void beat());
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState !== "visible") return;
        void beat();
        void meetCircle();
    });
    await drive(false);
}

/** Drives the machine in this window; with `insist` instead of the one that does so now. */
export async function drive(insist: boolean): Promise<void> {
    const had = holdMachine(async () => {
        await begin();
        await new Promise<void>((resolve) => { release = resolve; });
    }, insist, 2_000);
    // Not awaited to its end: it is held for as long as this window is open.
    void had.then((had) => {
        if (had) return;
        engine?.halt();
        standing.value = "elsewhere";
    });
}

/** Begins to drive: after a start, and after pairing. */
export async function begin(): Promise<void> {
    try {
        engine = await Engine.start(db, {
            changed: () => void look(),
            gone: (clip) => {
                read.delete(clip);
                onGone(clip);
            },
            disconnected: () => reconnect(),
            overtaken: () => {
                engine = undefined;
                standing.value = "elsewhere";
                onOvertaken();
                release?.();
            },
        });
        standing.value = engine ? "paired" : "new";
    } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        standing.value = "waiting";
    }
    if (!engine) return;
    await recallCircle(db, engine.identity.contact);
    void meetCircle();
    await beat();
}

/** Comes back after a connection was lost: soon at first, then less and less often. */
function reconnect(): void {
    clearTimeout(again);
    again = setTimeout(() => void beat(), wait + Math.random() * wait);
    // Who waits for a therapist's yes looks at this page, and hears of it soon.
    wait = Math.min(wait * 2, isUnconfirmed() ? SOON : LONGEST_WAIT);
}

/** Asks who belongs to this phone; without a network it is what was told last. */
export async function meetCircle(): Promise<void> {
    const driver = engine;
    if (!driver) return;
    const [waited, before] = [isUnconfirmed(), said];
    const heard = await driver.letters.wasHeard(settings.value.sharing).catch(() => false);
    const told = await askCircle(db, driver.account);
    if (heard && before === said && typeof told?.shares_listening === "boolean") await learnSharing(told.shares_listening);
    if (told && waited && !isUnconfirmed()) await driver.contact(true);
    if (told) await tellLocalTime(db, driver.account).catch(() => {});
}

/**
 * What another phone or somebody in the room has said of sharing holds here, too. It is kept as chosen first and as said
 * then: who dies in between says it once more, and never the contrary.
 */
async function learnSharing(sharing: boolean): Promise<void> {
    if (sharing === settings.value.sharing) return;
    settings.value = { ...settings.value, sharing };
    await writeValue(db, "settings", settings.value);
    await engine?.letters.hear(sharing);
}

async function beat(called = false): Promise<void> {
    if (standing.value === "waiting") return begin();
    if (!engine) return;
    await look();
    await finishReturns();
    // Turned before the phone was paired, or just before the app was closed.
    await engine?.letters.share(settings.value.sharing);
    await engine?.contact(called);
    if (called || isUnconfirmed()) await meetCircle();
    await look();
}

/** A push has come while the app is open. */
export function wake(): void {
    void beat(true);
}

/** Looks at everything again; several calls at once are one look. */
function look(): Promise<void> {
    looking ??= Promise.resolve().then(async () => {
        looking = undefined;
        if (engine) await engine.run(readEverything);
    }).catch(() => {});
    return looking;
}

async function readEverything(): Promise<void> {
    if (!engine) return;
    if (engine.isConnected()) wait = 1_000;
    const { machine, papers } = engine;
    const aside = (await readValue<SetAside[]>(db, "set_aside")) ?? [];
    const now = machine.trusted(...clocks());
    const shown: ClipView[] = [];
    const ended = new Set<string>();
    for (const item of papers.shelf()) {
        const access = engine.access(item.release);
        if (access.is === "ended" || item.state === "ended" || (now !== undefined && now >= item.ends_at)) {
            ended.add(item.release);
            continue;
        }
        const held = machine.held(item.release);
        shown.push({
            release: item.release,
            words: await wordsOf(item.release),
            access,
            ready: held?.phase === "ready",
            share: engine.downloads.share(item.release),
            asks: held?.phase === "fetching" && engine.downloads.asksBefore(item.release) ? Math.ceil(held.cipher_len / 1_000_000) : undefined,
            validUntil: held?.valid_until,
            endsAt: item.ends_at,
            left: machine.plays_left(item.release, ...clocks()) ?? undefined,
            setAsideUntil: aside.find((one) => one.release === item.release)?.until,
        });
    }
    clips.value = shown;
    const kept = await db.getAllKeys("partings");
    partings.value = kept.filter((one) => ended.has(one) && !machine.held(one));
    letters.value = papers.letters().sort((a, b) => b.at - a.at);
    allSent.value = papers.is_all_sent();
    if (machine.is_unpaired() && engine.isIdle()) standing.value = "removed";
}

async function wordsOf(clip: string): Promise<Words | undefined> {
    const known = read.get(clip);
    if (known) return known;
    const kept = await db.get("clips", clip);
    if (!kept) return undefined;
    const words = await readWords(kept).catch(() => undefined);
    if (words) read.set(clip, words);
    return words;
}

export function driving(): Engine | undefined {
    return engine;
}

export function database(): Database {
    return db;
}

export async function change(some: Partial<Settings>): Promise<void> {
    settings.value = { ...settings.value, ...some };
    document.documentElement.lang = words.value.locale;
    if (some.sharing !== undefined) said += 1;
    await writeValue(db, "settings", settings.value);
    await engine?.letters.share(settings.value.sharing);
}

// "This doesn't help me": it stops at once, and may be taken back for ten minutes on this phone.

export async function setAside(clip: string): Promise<void> {
    const aside = ((await readValue<SetAside[]>(db, "set_aside")) ?? []).filter((one) => one.release !== clip);
    await writeValue(db, "set_aside", [...aside, { release: clip, until: Date.now() + UNDO }]);
    await look();
}

export async function takeBack(clip: string): Promise<void> {
    const aside = (await readValue<SetAside[]>(db, "set_aside")) ?? [];
    await writeValue(db, "set_aside", aside.filter((one) => one.release !== clip));
    await look();
}

/** What was not taken back in time is written and removed, now or at the next start. */
async function finishReturns(): Promise<void> {
    const aside = (await readValue<SetAside[]>(db, "set_aside")) ?? [];
    for (const one of aside) {
        if (one.until > Date.now() && one.until <= Date.now() + UNDO) continue;
        await engine?.letters.returnClip(one.release);
        await takeBack(one.release);
    }
}

/** Forgets the phone's pairing and everything with it; what a person chose for the app stays. */
export async function beginAgain(): Promise<void> {
    const chosen = settings.value;
    engine?.halt();
    await forgetEverything(db);
    // Whoever begins anew has agreed to nothing yet.
    await writeValue(db, "settings", { ...chosen, seen: false, sharing: false });
    location.reload();
}
