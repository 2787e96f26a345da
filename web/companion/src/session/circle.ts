// Who belongs to this phone, as it was told last: therapists, whom to call, the person's other phones.

import { computed, signal } from "@preact/signals";
import type { Account, Circle } from "../engine/account";
import { type Database, readValue, writeValue } from "../engine/store";
import { localTime } from "./local_time";

export class PhoneCircle {
    readonly told = signal<Circle | undefined>(undefined);
    readonly contact = computed(() => this.told.value?.contact);
    /** Phones that have come since the person looked: somebody may have added one who is not them. */
    readonly newPhones = signal<Circle["devices"]>([]);
    readonly #db: Database;

    constructor(db: Database) {
        this.#db = db;
    }

    /** Takes up what was told last; before anything was, there is whom to call. */
    async recall(contact: Circle["contact"]): Promise<void> {
        const before = { therapists: [], contact, devices: [], shares_listening: null };
        this.told.value = (await readValue<Circle>(this.#db, "circle")) ?? before;
        await this.#compare();
    }

    /** Shows and keeps what was told. */
    async tell(told: Circle): Promise<void> {
        this.told.value = told;
        await writeValue(this.#db, "circle", told);
        await this.#compare();
    }

    /** This phone is nobody's any more. */
    forget(): void {
        this.told.value = undefined;
        this.newPhones.value = [];
    }

    /**
     * Says what hour it is here, when that has changed: clips rest and count days by it, and a therapist who changes something
     * sees at what time it is read. Whether something was said.
     */
    async tellLocalTime(account: Account): Promise<boolean> {
        const local = localTime(Date.now());
        const said = JSON.stringify(local);
        if ((await readValue<string>(this.#db, "told_offset")) === said) return false;
        await account.tellLocalTime(local);
        await writeValue(this.#db, "told_offset", said);
        return true;
    }

    /** Whether a therapist has still to say yes to this phone: no clip comes before. */
    isUnconfirmed(): boolean {
        return this.told.value?.devices.some((phone) => phone.this && !phone.confirmed) ?? false;
    }

    /** The person has seen all the phones they have. */
    async knowPhones(): Promise<void> {
        this.newPhones.value = [];
        await this.#know(this.told.value?.devices.map((phone) => phone.device) ?? []);
    }

    /** The person knows this one: what is said of another stays. */
    async knowPhone(device: string): Promise<void> {
        this.newPhones.value = this.newPhones.value.filter((phone) => phone.device !== device);
        await this.#know([...((await this.#known()) ?? []), device]);
    }

    async #compare(): Promise<void> {
        const phones = this.told.value?.devices ?? [];
        if (phones.length === 0) return;
        const known = await this.#known();
        // The first time there is nothing to compare with.
        if (!known) return this.knowPhones();
        this.newPhones.value = phones.filter((phone) => !phone.this && !known.includes(phone.device));
    }

    #known(): Promise<string[] | undefined> {
        return readValue<string[]>(this.#db, "known_phones");
    }

    async #know(phones: string[]): Promise<void> {
        await writeValue(this.#db, "known_phones", phones);
    }
}
