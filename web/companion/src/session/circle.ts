// Who belongs to this phone, as it was told last: therapists, whom to call, the person's other phones.

import { computed, signal } from "@preact/signals";
import type { Account, Circle } from "../engine/account";
import { type Database, readValue, writeValue } from "../engine/store";

export const circle = signal<Circle | undefined>(undefined);
export const contact = computed(() => circle.value?.contact);
/** Phones that have come since the person looked: somebody may have added one who is not them. */
export const newPhones = signal<Circle["devices"]>([]);

/** Takes up what was told last; before anything was, there is whom to call. */
export async function recallCircle(db: Database, contact: Circle["contact"]): Promise<void> {
    circle.value = (await readValue<Circle>(db, "circle")) ?? { therapists: [], contact, devices: [] };
    await compare(db);
}

/** Asks anew; without a network there is no answer. */
export function askCircle(account: Account): Promise<Circle | undefined> {
    return account.circle().catch(() => undefined);
}

/** Shows and keeps what was told. */
export async function toldCircle(db: Database, told: Circle): Promise<void> {
    circle.value = told;
    await writeValue(db, "circle", told);
    await compare(db);
}

/** This phone is nobody's any more. */
export function forgetCircle(): void {
    circle.value = undefined;
    newPhones.value = [];
}

/** Says what hour it is here, when that has changed: a therapist who changes something sees at what time it is read. */
export async function tellLocalTime(db: Database, account: Account): Promise<void> {
    const minutes = -new Date().getTimezoneOffset();
    if ((await readValue<number>(db, "told_offset")) === minutes) return;
    await account.tellLocalTime(minutes);
    await writeValue(db, "told_offset", minutes);
}

/** Whether a therapist has still to say yes to this phone: no clip comes before. */
export function isUnconfirmed(): boolean {
    return circle.value?.devices.some((phone) => phone.this && !phone.confirmed) ?? false;
}

async function compare(db: Database): Promise<void> {
    const phones = circle.value?.devices ?? [];
    if (phones.length === 0) return;
    const known = await readValue<string[]>(db, "known_phones");
    // The first time there is nothing to compare with.
    if (!known) return knowPhones(db);
    newPhones.value = phones.filter((phone) => !phone.this && !known.includes(phone.device));
}

/** The person has seen all the phones they have. */
export async function knowPhones(db: Database): Promise<void> {
    newPhones.value = [];
    await writeValue(db, "known_phones", circle.value?.devices.map((phone) => phone.device) ?? []);
}

/** The person knows this one: what is said of another stays. */
export async function knowPhone(db: Database, device: string): Promise<void> {
    newPhones.value = newPhones.value.filter((phone) => phone.device !== device);
    const known = (await readValue<string[]>(db, "known_phones")) ?? [];
    await writeValue(db, "known_phones", [...known, device]);
}
