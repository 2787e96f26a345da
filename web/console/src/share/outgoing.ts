// Clips that are about to be shared: thirty seconds to take it back, before anything is sent.
//
// They wait in this page's memory. A page that is closed shares nothing, and asks before; going from screen to screen, and
// a desk that locks, change nothing.

import { signal } from "@preact/signals";
import type { ReleaseWords, Terms } from "../api/answers";
import { ask, type Command, hasToken, NoContact, Refusal } from "../api/rest";
import { type KeptShare, keepUnsent, onUnseen } from "../decisions/unsent";
import { isKeeping } from "../offline/keeping";
import { onSignOut } from "../on_sign_out";
import { go } from "../place";
import { session } from "../session";
import type { Draft } from "./draft";

export interface Outgoing extends KeptShare {
    id: string;
    client: string;
    name: string;
    clip: string;
    title: string;
    terms: Omit<Terms, "not_before"> & { not_before?: string | null };
    words: ReleaseWords;
    /** The form as it was filled in, for whoever has to mend it. What an older version of this page has kept has none. */
    draft?: Draft;
    sendsAt: number;
    state: "waiting" | "sending" | "no_contact" | "unseen" | "refused";
    /** What must be shown before it can be shared, once the server has said so. */
    unseen: string[];
    /** What was shown, and so is named. */
    seen: string[];
    /** The same for every attempt at the same question: an answer that was lost does not share twice. */
    key: string;
    code: string | undefined;
    /** What of it the server did not take. */
    field: string | undefined;
}

/** How long something can be taken back. */
export const UNDO_FOR = 30_000;
const RETRY = 10_000;

export const outgoing = signal<Outgoing[]>([]);
/** What was shared a moment ago: said once, quietly. */
export const lately = signal<Outgoing | undefined>(undefined);
/** What was refused and is being mended in its form. */
export const returned = signal<Outgoing | undefined>(undefined);
/** Somebody wants to sign out while something waits. */
export const asksBeforeLeaving = signal(false);

let timer: ReturnType<typeof setInterval> | undefined;

export function share(one: Pick<Outgoing, "client" | "name" | "clip" | "title" | "terms" | "words" | "draft">): void {
    const id = crypto.randomUUID();
    const fresh: Outgoing = {
        ...one,
        id,
        key: id,
        sendsAt: Date.now() + UNDO_FOR,
        state: "waiting",
        unseen: [],
        seen: [],
        code: undefined,
        field: undefined,
    };
    outgoing.value = [...outgoing.value, fresh];
    watch();
}

function watch(): void {
    timer ??= setInterval(look, 250);
    // Every browser asks in its own words; ours stand in the bar.
    addEventListener("beforeunload", warn);
}

export function drop(id: string): void {
    outgoing.value = outgoing.value.filter((one) => one.id !== id);
    if (outgoing.value.length > 0) return;
    clearInterval(timer);
    timer = undefined;
    removeEventListener("beforeunload", warn);
}

/** It was shown what had been decided before, and is to be shared all the same: another question. */
export async function sendSeen(id: string): Promise<void> {
    const one = outgoing.value.find((other) => other.id === id);
    if (!one) return;
    change(id, { seen: [...one.seen, ...one.unseen], key: crypto.randomUUID(), state: "waiting" });
    await sendNow(id);
}

export async function sendNow(id: string): Promise<void> {
    const one = outgoing.value.find((other) => other.id === id);
    if (!one || one.state === "sending") return;
    change(id, { state: "sending" });
    try {
        await ask(asks(one), one.key);
        if (!isHere(id)) return;
        drop(id);
        lately.value = one;
    } catch (error) {
        // Whoever sits here now is somebody else: it is neither theirs to keep nor to know.
        if (!isHere(id)) return;
        if (error instanceof NoContact && isKeeping.value) await hand(one);
        else if (error instanceof NoContact) change(id, { state: "no_contact", sendsAt: Date.now() + RETRY });
        // Its answer was lost with the server that did it.
        else if (error instanceof Refusal && error.code === "done_already") drop(id);
        else if (error instanceof Refusal && error.code === "unseen")
            change(id, { state: "unseen", unseen: error.entries });
        // Whoever signs in again goes on where it stopped.
        else if (error instanceof Refusal && error.status === 401) change(id, { state: "waiting" });
        else
            change(id, {
                state: "refused",
                ...(error instanceof Refusal ? { code: error.code, field: error.field } : { code: "internal" }),
            });
    }
}

/** Back to the form that was filled in, with what was not taken named. */
export function mend(one: Outgoing): void {
    drop(one.id);
    returned.value = one;
    go({ at: "share", client: one.client, clip: one.clip });
}

function isHere(id: string): boolean {
    return outgoing.value.some((one) => one.id === id);
}

function asks(one: Outgoing): Command {
    return {
        method: "POST",
        path: `/v1/clients/${one.client}/releases`,
        body: { clip: one.clip, terms: one.terms, words: one.words, seen: one.seen },
    };
}

/** Nobody answers, and this computer keeps what is done: it is kept with the rest, and sent with it. */
async function hand(one: Outgoing): Promise<void> {
    const { client, name, title } = one;
    const triedAt = hasToken() ? Date.now() : undefined;
    // A disk that takes nothing keeps nothing: then it waits on the page, as where nothing is kept.
    const isKept = await keepUnsent({
        id: one.key,
        asked: asks(one),
        client,
        name,
        release: undefined,
        says: { what: "share", title },
        share: one,
        triedAt,
    }).catch(() => false);
    if (isKept) drop(one.id);
    else change(one.id, { state: "no_contact", sendsAt: Date.now() + RETRY });
}

/** What was kept for a while is refused now: it is shown as it would have been then. */
onUnseen((kept, unseen) => {
    outgoing.value = [...outgoing.value, { ...(kept as Outgoing), state: "unseen", unseen }];
    watch();
});

function look(): void {
    if (!session.value) return;
    for (const one of outgoing.value) {
        if ((one.state === "waiting" || one.state === "no_contact") && Date.now() >= one.sendsAt) void sendNow(one.id);
    }
    // The seconds on the screen.
    if (outgoing.value.some((one) => one.state === "waiting")) outgoing.value = [...outgoing.value];
}

function change(id: string, to: Partial<Outgoing>): void {
    outgoing.value = outgoing.value.map((one) => (one.id === id ? { ...one, ...to } : one));
}

function warn(event: BeforeUnloadEvent): void {
    event.preventDefault();
}

onSignOut(() => {
    for (const one of outgoing.value) drop(one.id);
    lately.value = undefined;
    returned.value = undefined;
});
