// Signing in and out, and the lock of a desk that nobody touches.

import { signal } from "@preact/signals";
import type { Practice, SignedIn } from "./api/answers";
import { bear, get, NoContact, onEnded, post, Refusal } from "./api/rest";
import { closeUnsent, readUnsent, sendAll, type Unsent } from "./decisions/unsent";
import { gather } from "./offline/gather";
import { close as closeKept, eraseFor, keepFor, keepNothing, openKept } from "./offline/keeping";
import { Vault } from "./offline/vault";
import { forgetAll } from "./on_sign_out";
import { type Away, answersAgain, away, lastEmail, type Session, session } from "./session";

/** What an account that has ended had decided here and could not send: said once, so that somebody else can. */
export const neverSent = signal<Unsent[]>([]);

/** A laptop that nobody touches for this long shows nobody's name. */
const IDLE_FOR = 10 * 60_000;
/** How often it is asked whether somebody answers again. */
const ASKED_EVERY = 5_000;

let lastStaff: string | undefined;
let touchedAt = 0;

/** Signs in; opens what is kept here where nobody answers. `keeps` is what somebody has chosen for this computer. */
export async function signIn(email: string, password: string, code: string, keeps: boolean): Promise<void> {
    let opened: SignedIn;
    try {
        opened = await post<SignedIn>("/v1/sign-in", { email, password, code });
    } catch (error) {
        if (error instanceof NoContact && (await Vault.isThere())) return openOffline(email, password);
        if (error instanceof Refusal && error.code === "account_ended") {
            neverSent.value = await eraseFor<Unsent>(email, password);
            away.value = "ended";
        }
        throw error;
    }
    bear(opened.token);
    const practice = await get<Practice>("/v1/practice").catch((error: unknown) => {
        bear(undefined);
        throw error;
    });
    const { staff, name } = opened;
    // A browser that keeps nothing, in a private window for example, is no reason to work on nothing.
    if (keeps) await keepFor({ email, staff, name, practice }, password).catch(() => {});
    else await keepNothing(email, password);
    await begin(email, { staff, name, practice, offline: false, keeps });
    void sendAll().then(gather);
}

async function openOffline(email: string, password: string): Promise<void> {
    const { staff, name, practice } = await openKept(email, password);
    await begin(email, { staff, name, practice, offline: true, keeps: true });
}

async function begin(email: string, fresh: Session): Promise<void> {
    await readUnsent();
    if (fresh.staff !== lastStaff) forgetAll();
    lastStaff = fresh.staff;
    lastEmail.value = email;
    touchedAt = Date.now();
    answersAgain.value = false;
    session.value = fresh;
}

/** Goes from what was kept to what is true: somebody signs in. */
export function signInAgain(): void {
    end("back");
}

export async function signOut(): Promise<void> {
    // The desk is empty at once, whatever the network says of it.
    const told = post("/v1/sign-out").catch(() => {});
    end("left");
    lastEmail.value = "";
    forgetAll();
    await told;
}

function end(why: Away): void {
    if (!session.value) return;
    bear(undefined);
    closeKept();
    closeUnsent();
    away.value = why;
    session.value = undefined;
}

/** Somebody is here: a hand, or ears, for what plays is listened to. */
export function touch(): void {
    // A lid that was closed for an hour does not open onto somebody's notes at the first key.
    if (!lockIfIdle()) touchedAt = Date.now();
}

function lockIfIdle(): boolean {
    if (!session.value || Date.now() - touchedAt < IDLE_FOR) return false;
    // The server is told as well, so that the token is worth nothing to whoever finds it.
    void post("/v1/sign-out").catch(() => {});
    end("idle");
    return true;
}

export function watchTheDesk(): void {
    onEnded(() => end("over"));
    for (const kind of ["pointerdown", "keydown", "wheel"])
        addEventListener(kind, touch, { passive: true, capture: true });
    document.addEventListener("visibilitychange", lockIfIdle);
    setInterval(lockIfIdle, 5_000);
    setInterval(() => void lookForServer(), ASKED_EVERY);
    addEventListener("online", () => void lookForServer());
}

/** Without a token, and of nobody: only whether it is there. */
async function lookForServer(): Promise<void> {
    if (!session.value?.offline) return;
    const there = await fetch("/healthz", { cache: "no-store", credentials: "omit", redirect: "error" }).then(
        ({ status }) => status === 204,
        () => false,
    );
    if (session.value?.offline) answersAgain.value = there;
}
