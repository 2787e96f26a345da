// What was decided while nobody answered: kept encrypted until it could be sent, in order, what takes away before what gives.
//
// Each has the key under which the server does it once, whatever became of an earlier attempt. What the server refuses is
// shown, and somebody decides.

import { signal } from "@preact/signals";
import { ask, type Command, hasToken, NoContact, Refusal } from "../api/rest";
import { isKeeping, isLeaving, kept, leave, UNSENT } from "../offline/keeping";
import type { Vault } from "../offline/vault";
import type { ChangeKind, Scope } from "./decision";

export type Summary =
    | { what: Exclude<ChangeKind, "talk">; scope: Scope; times: number; title: string | undefined; shorter?: boolean }
    | { what: "note" }
    | { what: "share"; title: string };

export interface Unsent {
    /** The key of the question, and its name here. */
    id: string;
    asked: Command;
    client: string;
    name: string;
    release: string | undefined;
    says: Summary;
    decidedAt: number;
    /** When it was tried first, without an answer: it may have been done. */
    triedAt: number | undefined;
    state: "waiting" | "sending" | "refused";
    code: string | undefined;
    /** Of a clip that was to be shared: what is needed to ask about it again. */
    share?: KeptShare;
}

/** A clip that was to be shared, as whoever shares clips has it: it is kept here, and not looked into. */
export interface KeptShare {
    /** The form as it was filled in, where it can be mended. */
    draft?: object;
}

/** For how long a server knows a question again: what gives something, and may have been done before that, is not asked twice. */
const KNOWN_AGAIN = 20 * 3_600_000;
const EVERY = 5_000;

export const unsent = signal<Unsent[]>([]);

let sending = false;
let askAboutUnseen: (share: KeptShare, entries: string[]) => void = () => {};
/** Whose list this is: before it is read, nothing is written over it. */
let listOf: Vault | undefined;
let timer: ReturnType<typeof setInterval> | undefined;

/** Who shows what had been decided before, when a server refuses a kept share for it. */
export function onUnseen(then: (share: KeptShare, entries: string[]) => void): void {
    askAboutUnseen = then;
}

/** Reads what was left here. */
export function readUnsent(): Promise<void> {
    const read = turn.then(async () => {
        const from = kept();
        const found = (await from?.read<Unsent[]>(UNSENT)) ?? [];
        if (from !== kept()) return;
        unsent.value = found.map((one) => (one.state === "sending" ? { ...one, state: "waiting" as const } : one));
        listOf = from;
        watch();
    });
    turn = read.catch(() => {});
    return read;
}

/** Keeps a decision: it is on the disk when this says so. A desk that was locked meanwhile keeps nothing more. */
export function keepUnsent(
    one: Pick<Unsent, "id" | "asked" | "client" | "name" | "release" | "says"> & {
        share?: KeptShare;
        triedAt?: number | undefined;
    },
): Promise<boolean> {
    return update((all) => [
        ...all,
        { ...one, triedAt: one.triedAt, decidedAt: Date.now(), state: "waiting", code: undefined },
    ]);
}

/** Sends it; keeps it where nobody answers and this computer keeps anything. */
export async function sendOrKeep(one: Parameters<typeof keepUnsent>[0]): Promise<void> {
    // Whoever sits here when the answer fails to come may be somebody else: it is kept for who has decided it, or not.
    const mine = isKeeping.value ? kept() : undefined;
    try {
        await ask(one.asked, one.id);
    } catch (error) {
        if (!(error instanceof NoContact) || !mine || mine !== kept()) throw error;
        // Without a token nobody was asked: it cannot have been done.
        if (!(await keepUnsent({ ...one, triedAt: hasToken() ? Date.now() : undefined }))) throw error;
    }
}

/** It was never sent, and will not be. What was tried may have arrived, and is not taken back by forgetting it here. */
export async function takeBack(id: string): Promise<void> {
    await update((all) => all.filter((one) => one.id !== id || !canBeTakenBack(one)));
}

export function canBeTakenBack(one: Unsent): boolean {
    return one.state === "refused" || (one.state === "waiting" && one.triedAt === undefined);
}

export async function tryAgain(id: string): Promise<void> {
    await change(id, { state: "waiting", code: undefined, triedAt: undefined });
    await sendAll();
}

/** Sends what waits, if somebody is signed in and somebody answers. */
export async function sendAll(): Promise<void> {
    if (sending || !hasToken()) return;
    sending = true;
    try {
        // What a server stumbles over waits for the next round, and holds up nothing.
        const later = new Set<string>();
        for (let next = first(later); next && hasToken(); next = first(later)) {
            const how = await send(next);
            if (how === "stop") break;
            if (how === "later") later.add(next.id);
        }
    } finally {
        sending = false;
    }
}

/** Nobody is here any more: memory forgets, the disk does not. */
export function closeUnsent(): void {
    unsent.value = [];
    listOf = undefined;
    watch();
}

function first(later: Set<string>): Unsent | undefined {
    const waiting = unsent.value.filter((one) => one.state === "waiting" && !later.has(one.id));
    return waiting.find(takesAway) ?? waiting[0];
}

export function takesAway({ says }: Unsent): boolean {
    return (
        says.what === "pause" ||
        says.what === "end" ||
        says.what === "fewer" ||
        (says.what === "dates" && says.shorter === true)
    );
}

/** How it went: on to the next, this one later, or nobody answers. */
async function send(one: Unsent): Promise<"next" | "later" | "stop"> {
    if (
        !takesAway(one) &&
        one.says.what !== "note" &&
        one.triedAt !== undefined &&
        Date.now() - one.triedAt > KNOWN_AGAIN
    ) {
        await change(one.id, { state: "refused", code: "in_doubt" });
        return "next";
    }
    // With the instant: a page that ends now does not know either whether it was done.
    await change(one.id, { state: "sending", triedAt: one.triedAt ?? Date.now() });
    try {
        await ask(one.asked, one.id);
        await drop(one.id);
        return "next";
    } catch (error) {
        if (error instanceof NoContact) {
            await change(one.id, { state: "waiting" });
            return "stop";
        }
        if (!(error instanceof Refusal)) throw error;
        // Its answer was lost with the server that did it.
        if (error.code === "done_already") {
            await drop(one.id);
            return "next";
        }
        if (error.status === 401 || error.code === "too_many_requests" || error.code === "unavailable") {
            // It has said that it did nothing.
            await change(one.id, { state: "waiting", triedAt: one.triedAt });
            return "stop";
        }
        if (takesAway(one) && error.status >= 500 && error.code !== "note_not_kept") {
            await change(one.id, { state: "waiting" });
            return "later";
        }
        if (error.code === "unseen" && one.share) {
            // It is asked as if it had been refused a moment ago: shown first, and only then named. Not to somebody else,
            // who may sit here by now: then it stays where it is kept.
            if (await drop(one.id)) askAboutUnseen(one.share, error.entries);
        } else await change(one.id, { state: "refused", code: error.code });
        return "next";
    }
}

function change(id: string, to: Partial<Unsent>): Promise<boolean> {
    return update((all) => all.map((one) => (one.id === id ? { ...one, ...to } : one)));
}

function drop(id: string): Promise<boolean> {
    return update((all) => all.filter((one) => one.id !== id));
}

let turn: Promise<unknown> = Promise.resolve();

/** One after the other, each on what the one before has left: on the disk first, then on the screen. Whether it was done. */
function update(make: (all: Unsent[]) => Unsent[]): Promise<boolean> {
    const mine = turn.then(async () => {
        const into = kept();
        if (!into || into !== listOf) return false;
        const to = make(unsent.value);
        try {
            await into.write(UNSENT, to);
        } catch (error) {
            // A desk that was locked meanwhile: what was on its way is asked again under its key.
            if (into !== kept()) return false;
            throw error;
        }
        if (into !== kept()) return true;
        unsent.value = to;
        watch();
        if (to.length === 0 && isLeaving()) await leave();
        return true;
    });
    turn = mine.catch(() => {});
    return mine;
}

function watch(): void {
    const waits = unsent.value.length > 0;
    if (waits) {
        timer ??= setInterval(() => void sendAll(), EVERY);
        addEventListener("beforeunload", warn);
    } else {
        clearInterval(timer);
        timer = undefined;
        removeEventListener("beforeunload", warn);
    }
}

function warn(event: BeforeUnloadEvent): void {
    event.preventDefault();
}
