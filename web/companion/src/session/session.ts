// What the screens show: the engine's state, looked at again whenever it says that something has changed.

import { computed, signal } from "@preact/signals";
import type { LetterView } from "#bridge";
import { NoAnswer } from "../engine/api";
import { holdMachine } from "../engine/driver";
import { Engine } from "../engine/engine";
import {
    type Database,
    forgetEverything,
    type Identity,
    isFull,
    Overtaken,
    openStore,
    readValue,
    writeValue,
} from "../engine/store";
import { stopWaking, tellWaking } from "../push";
import type { Strings } from "../strings/en";
import { loadStrings } from "../strings/strings";
import { askCircle, circle, forgetCircle, isUnconfirmed, recallCircle, tellLocalTime, toldCircle } from "./circle";
import { beginLock, lockAgain } from "./lock";
import { beginReturn, finishReturns, takeBackReturn } from "./pending_return";
import { type Settings, startSettings } from "./settings";
import { type ClipView, forgetWords, readShelf } from "./shelf";

/** How this app stands: with no phone paired, paired, driven by another window, or removed. */
export type Standing = "starting" | "new" | "waiting" | "paired" | "elsewhere" | "removed";

export const standing = signal<Standing>("starting");
export const settings = signal<Settings>(startSettings(navigator.language));
export const clips = signal<ClipView[]>([]);
/** Clips that have ended and have left a note that was not read. */
export const partings = signal<string[]>([]);
export const letters = signal<LetterView[]>([]);
/** Whether something has found no room on this phone. */
export const full = signal(false);
/** What a clip waits for, as a person is told it: what finds no room is not on its way. */
export function awaited(clip: ClipView): ClipView["awaits"] | "room" {
    const isComing = clip.awaits === "coming" && !clip.ready && clip.share === undefined;
    return isComing && full.value ? "room" : clip.awaits;
}
const spoken = signal<Strings | undefined>(undefined);
/** Loaded before anything is shown. */
export const words = computed(() => spoken.value!);
export { circle, contact, isUnconfirmed } from "./circle";
export type { ClipView } from "./shelf";
export const therapist = computed(() => circle.value?.therapists[0] ?? words.value.yourTherapist);

/** How often time, leases and the connection are looked at while the app is open. */
const BEAT = 15_000;
/** How long is waited at most until a lost connection is tried again. */
const LONGEST_WAIT = 60_000;
const SOON = 4_000;
/** A phone that was out of sight for longer may have lost its network without a word. */
const AWAY = 30_000;
/** Nor does a network that goes while somebody looks always say so: a line on which so long nothing was heard is opened anew. */
const SILENT = 120_000;

let db: Database;
let engine: Engine | undefined;
let release: (() => void) | undefined;
let beginning: Promise<void> | undefined;
let beating: Promise<void> | undefined;
let looking: Promise<void> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let wait = 1_000;
let isCalled = false;
let attempts = 0;
let onGone: (clip: string) => void = () => {};
let onOvertaken = () => {};
/** How often something was said of sharing while this runs. */
let said = 0;

/** Says everything in this language from now on. */
export async function speak(language: Settings["language"]): Promise<void> {
    spoken.value = await loadStrings(language);
    document.documentElement.lang = words.value.locale;
}

/** Starts; `gone` is told of a clip that is being erased, `overtaken` that another window drives now. */
export async function start(gone: (clip: string) => void, overtaken: () => void): Promise<void> {
    onGone = gone;
    onOvertaken = overtaken;
    db = await openStore();
    const chosen = { ...settings.value, ...(await readValue<Settings>(db, "settings")) };
    if (chosen.language !== settings.value.language) await speak(chosen.language);
    settings.value = chosen;
    await beginLock(db);
    setInterval(() => void beat(), BEAT);
    addEventListener("online", () => {
        engine?.renewLine();
        void beat();
    });
    let left: number | undefined;
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState !== "visible") {
            left ??= Date.now();
            return;
        }
        // By the clock on the wall: the other one stands still while a phone sleeps.
        if (left !== undefined && Math.abs(Date.now() - left) > AWAY) engine?.renewLine();
        left = undefined;
        if (standing.value === "elsewhere") return void comeBack();
        void beat();
        void meetCircle();
    });
    await drive(false);
}

/** Drives the machine in this window; with `insist` instead of the one that does so now. */
export async function drive(insist: boolean): Promise<void> {
    const attempt = ++attempts;
    let drove = false;
    const had = holdMachine(
        async () => {
            drove = true;
            await begin();
            await new Promise<void>((resolve) => {
                release = resolve;
            });
        },
        insist,
        2_000,
    );
    // Not awaited to its end: it is held for as long as this window is open.
    void had.then((had) => {
        // A later attempt says how it stands.
        if (had || attempt !== attempts) return;
        engine?.halt();
        goElsewhere();
        if (drove) void comeBack();
    });
}

/** A worker that was woken while this window slept has the machine for a moment: whoever looks again finds it here. */
async function comeBack(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    await lockAgain(db);
    await drive(false);
}

/** Another window may end what is shown here, and this one would not hear of it. */
function goElsewhere(): void {
    engine = undefined;
    if (standing.value !== "removed") standing.value = "elsewhere";
    hide();
}

function hide(): void {
    forgetWords();
    [clips.value, partings.value, letters.value] = [[], [], []];
}

/** Begins to drive: after a start, and after pairing. Whoever calls while it begins waits for the same. */
export function begin(): Promise<void> {
    beginning ??= beginOnce().finally(() => {
        beginning = undefined;
    });
    return beginning;
}

async function beginOnce(): Promise<void> {
    // Whom to call is known before anything else, whatever comes of it.
    const identity = await readValue<Identity>(db, "identity");
    if (identity?.contact.crisis) await recallCircle(db, identity.contact).catch(unlessBroken);
    try {
        const started = await Engine.start(db, {
            changed: () => void look(),
            gone: (clip) => {
                forgetWords(clip);
                onGone(clip);
            },
            disconnected: () => reconnect(),
            removed: () => {
                standing.value = "removed";
                hide();
                forgetCircle();
                void stopWaking().catch(() => {});
            },
            overtaken: () => {
                goElsewhere();
                onOvertaken();
                release?.();
            },
        });
        if (started?.isHalted()) return;
        engine = started;
        if (standing.value !== "removed")
            standing.value = started ? "paired" : (await readValue(db, "removed")) ? "removed" : "new";
    } catch (error) {
        if (error instanceof Overtaken) return;
        if (!(error instanceof NoAnswer)) throw error;
        standing.value = "waiting";
    }
    if (!engine) return;
    void meetCircle();
    void beat();
}

/** What finds no room, or is somebody else's by now, holds nothing else up. */
function unlessBroken(error: unknown): void {
    if (!(error instanceof Overtaken) && !isFull(error)) throw error;
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
    if (!driver || driver.machine.is_unpaired()) return;
    const [waited, before] = [isUnconfirmed(), said];
    const heard = await driver.letters.wasHeard(settings.value.sharing).catch(() => false);
    const told = await askCircle(driver.account);
    // Removed, or somebody else's, while it was asked.
    if (!told || engine !== driver || driver.machine.is_unpaired()) return;
    await toldCircle(db, told).catch(unlessBroken);
    if (heard && before === said && typeof told.shares_listening === "boolean")
        await learnSharing(told.shares_listening);
    if (waited && !isUnconfirmed()) await driver.contact(true);
    await tellLocalTime(db, driver.account).catch(() => {});
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

/** One at a time: two at once would write one letter twice. Whoever has `called` meanwhile is heard after it. */
function beat(called = false): Promise<void> {
    isCalled ||= called;
    beating ??= beatOnce().finally(() => {
        beating = undefined;
        if (isCalled) void beat();
    });
    return beating;
}

async function beatOnce(): Promise<void> {
    if (standing.value === "waiting") await begin();
    const driver = engine;
    const called = isCalled;
    isCalled = false;
    if (!driver) return;
    await look();
    await finishReturns(db, driver.letters).catch(unlessBroken);
    // Turned before the phone was paired, or just before the app was closed.
    await driver.letters.share(settings.value.sharing).catch(unlessBroken);
    await driver.contact(called).catch(unlessBroken);
    if (document.visibilityState === "visible" && driver.silence() > SILENT) driver.renewLine();
    if (driver.isConnected()) void tellWaking(db, driver.identity, driver.machine.incarnation()).catch(() => {});
    if (called || isUnconfirmed()) void meetCircle();
    await look();
}

/** A push has come while the app is open. Gives whether this window sees to it. */
export function wake(): boolean {
    void beat(true);
    return engine !== undefined || beginning !== undefined;
}

/** Looks at everything again; several calls at once are one look. */
function look(): Promise<void> {
    looking ??= Promise.resolve()
        .then(async () => {
            looking = undefined;
            if (engine) await engine.run(readEverything);
        })
        .catch(() => {});
    return looking;
}

async function readEverything(): Promise<void> {
    const driver = engine;
    if (!driver || driver.machine.is_unpaired()) return;
    if (driver.isConnected()) wait = 1_000;
    const shelf = await readShelf(db, driver);
    // Somebody else drives since: what was read may be gone.
    if (engine !== driver) return hide();
    [clips.value, partings.value] = [shelf.clips, shelf.partings];
    letters.value = driver.papers.letters().sort((a, b) => b.at - a.at);
    full.value = driver.isFull();
}

export function driving(): Engine | undefined {
    return engine;
}

export function database(): Database {
    return db;
}

export async function change(some: Partial<Settings>): Promise<void> {
    // A language that cannot be loaded now is not chosen.
    if (
        some.language &&
        !(await speak(some.language).then(
            () => true,
            () => false,
        ))
    )
        return;
    settings.value = { ...settings.value, ...some };
    if (some.sharing !== undefined) said += 1;
    await writeValue(db, "settings", settings.value);
    await engine?.letters.share(settings.value.sharing);
}

export async function setAside(clip: string): Promise<void> {
    await beginReturn(db, clip);
    await look();
}

export async function takeBack(clip: string): Promise<void> {
    await takeBackReturn(db, clip);
    await look();
}

/** Forgets the phone's pairing and everything with it; what a person chose for the app stays. */
export async function beginAgain(): Promise<void> {
    const chosen = settings.value;
    engine?.halt();
    // A phone that begins anew is woken when somebody asks for it. It is not waited for long: a network may not answer.
    await Promise.race([stopWaking().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2_000))]);
    await forgetEverything(db);
    // Whoever begins anew has agreed to nothing yet.
    await writeValue(db, "settings", { ...chosen, seen: false, sharing: false });
    location.reload();
}
