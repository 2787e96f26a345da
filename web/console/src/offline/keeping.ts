// What was read is kept, where somebody has chosen that, and shown again while nobody answers, with the instant from which it is.

import { signal } from "@preact/signals";
import type { Practice } from "../api/answers";
import { keeps } from "../api/rest";
import { eraseClient } from "./of_client";
import { serveOffline, stopServingOffline } from "./serving";
import { Vault } from "./vault";

/** Who may open it, as the server said when they signed in. */
export interface Person {
    email: string;
    staff: string;
    name: string;
    practice: Practice;
}

interface KeptAnswer {
    at: number;
    body: unknown;
}

/** Where what was not sent yet is kept. */
export const UNSENT = "unsent";
/** What has not changed is written anew so often, so that its instant is true. */
const ANEW = 60_000;

/** Whether what is done at this desk is kept. */
export const isKeeping = signal(false);
/** From when the oldest thing is that is shown while nobody answers; nothing while somebody does. */
export const shownFrom = signal<number | undefined>(undefined);

/** Of two windows one keeps: each would write its own list of what waits over the other's. */
const LOCK = "refrain-console";

/** What is kept is open in another window. */
export class Elsewhere extends Error {}

let vault: Vault | undefined;
/** It is erased as soon as nothing waits in it. */
let leaving = false;
let giveUp: (() => void) | undefined;
let written = new Map<string, { at: number; json: string }>();

/** Opens what a person keeps here, or makes room for it. The server has asked who they are. */
export async function keepFor(person: Person, password: string): Promise<void> {
    // A second window works as on a computer that keeps nothing.
    if (!(await holdAlone())) return;
    const found = (await Vault.isThere()) ? await Vault.find<Person>(password, isOf(person.email)) : undefined;
    begin(found?.vault ?? (await Vault.create(person, password)));
    void serveOffline();
}

/** Opens what a person keeps here, while nobody answers. */
export async function openKept(email: string, password: string): Promise<Person> {
    if (!(await holdAlone())) throw new Elsewhere();
    try {
        const { vault: found, person } = await Vault.open<Person>(password, isOf(email));
        begin(found);
        return person;
    } catch (error) {
        letGo();
        throw error;
    }
}

/** What they have kept is erased, for they have chosen so. What was not sent yet stays until it is. */
export async function keepNothing(email: string, password: string): Promise<void> {
    if (!(await Vault.isThere()) || !(await holdAlone())) return;
    const found = await Vault.find<Person>(password, isOf(email));
    const waits = (await found?.vault.read<unknown[]>(UNSENT)) ?? [];
    if (found && waits.length > 0) {
        await found.vault.eraseBut(UNSENT);
        return begin(found.vault, true);
    }
    if (found) await erase(found.vault);
    letGo();
}

/** They are not on the staff any more: everything of theirs is erased. Gives what was not sent, to be told to somebody who still is. */
export async function eraseFor<T>(email: string, password: string): Promise<T[]> {
    const found = (await Vault.isThere()) ? await Vault.find<Person>(password, isOf(email)) : undefined;
    const waits = (await found?.vault.read<T[]>(UNSENT).catch(() => [])) ?? [];
    if (found) await erase(found.vault);
    return waits;
}

/** Whether this computer is to keep nothing, as soon as what waits is sent. */
export function isLeaving(): boolean {
    return leaving;
}

/** All is sent: nothing is kept any more. */
export async function leave(): Promise<void> {
    const found = vault;
    if (!found) return;
    vault = undefined;
    await erase(found);
    close();
}

async function erase(found: Vault): Promise<void> {
    await found.destroy();
    if (!(await Vault.isThere())) await stopServingOffline();
}

/** The key is gone with this; what was written stays, and says nothing. */
export function close(): void {
    vault?.close();
    vault = undefined;
    leaving = false;
    letGo();
    written = new Map();
    isKeeping.value = false;
    shownFrom.value = undefined;
    keeps(undefined);
}

/** The open vault: for what has to be sent yet. */
export function kept(): Vault | undefined {
    return vault;
}

function holdAlone(): Promise<boolean> {
    return new Promise((resolve) => {
        void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
            resolve(lock !== null);
            return (
                lock &&
                new Promise<void>((done) => {
                    giveUp = done;
                })
            );
        });
    });
}

function letGo(): void {
    giveUp?.();
    giveUp = undefined;
}

/** Whoever begins holds the lock, and nothing is open: a desk is closed before somebody signs in. */
function begin(found: Vault, leaves = false): void {
    written = new Map();
    vault = found;
    leaving = leaves;
    if (leaves) return;
    isKeeping.value = true;
    // What waits here is somebody's decision: a browser that is short of room is asked to take something else.
    void navigator.storage?.persist?.().catch(() => false);
    // An answer that comes when somebody else sits here is not theirs, and is not kept for them.
    const isOpen = () => vault === found;
    keeps({
        answered: () => {
            if (isOpen()) shownFrom.value = undefined;
        },
        remember: async (path, body) => {
            if (isOpen()) await remember(found, path, body).catch(unlessClosed(isOpen));
        },
        recall: async (path) => (isOpen() ? recall(found, path) : undefined),
        forget: async (path) => {
            if (isOpen()) await forget(found, path).catch(unlessClosed(isOpen));
        },
    });
}

function unlessClosed(isOpen: () => boolean): (error: unknown) => void {
    return (error) => {
        if (isOpen()) throw error;
    };
}

/** Of a question, what it is about: since when letters are wanted changes with each question, and the letters do not. */
function name(path: string): string {
    return `read ${path.split("?")[0]!}`;
}

async function remember(into: Vault, path: string, body: unknown): Promise<void> {
    const [at, json] = [Date.now(), JSON.stringify(body)];
    const last = written.get(name(path));
    if (last?.json === json && at - last.at < ANEW) return;
    written.set(name(path), { at, json });
    await into.write(name(path), { at, body } satisfies KeptAnswer);
}

async function recall(from: Vault, path: string): Promise<{ body: unknown } | undefined> {
    const found = await from.read<KeptAnswer>(name(path));
    if (found && from === vault) shownFrom.value = Math.min(shownFrom.value ?? found.at, found.at);
    return found;
}

/** What is not this person's to see any more is not kept for them either; of a client, all of it. */
async function forget(from: Vault, path: string): Promise<void> {
    const client = /^\/v1\/clients\/([^/?]+)/.exec(path)?.[1];
    if (client) await eraseClient(from, client);
    written.delete(name(path));
    await from.erase(name(path));
}

function isOf(email: string): (person: Person) => boolean {
    const same = (text: string) => text.trim().toLowerCase();
    return (person) => same(person.email) === same(email);
}
