// What the screens show, and what a person does: one session for each window, from its start until it is closed.

import { computed } from "@preact/signals";
import type { Engine } from "../engine/engine";
import { type Database, forgetEverything, unlessBroken } from "../engine/store";
import { Chosen } from "./chosen";
import { PhoneCircle } from "./circle";
import { Driving } from "./driving";
import { AppLock } from "./lock";
import { beginReturn, takeBackReturn } from "./pending_return";
import type { Ports } from "./ports";
import { Pulse } from "./pulse";
import type { Settings } from "./settings";
import { Shelf } from "./shelf";

/** How long a network is waited for that says nothing, before a phone begins anew. */
const PATIENCE = 2_000;

export class Session {
    readonly db: Database;
    readonly circle: PhoneCircle;
    readonly lock: AppLock;
    readonly shelf: Shelf;
    readonly settings;
    readonly words;
    readonly standing;
    readonly therapist = computed(() => this.circle.told.value?.therapists[0] ?? this.words.value.yourTherapist);
    readonly #ports: Ports;
    readonly #chosen: Chosen;
    readonly #driving: Driving;
    readonly #pulse: Pulse;
    #gone: (release: string) => void = () => {};
    #overtaken = () => {};

    constructor(ports: Ports) {
        this.#ports = ports;
        this.db = ports.db;
        this.circle = new PhoneCircle(ports.db);
        this.lock = new AppLock(ports);
        this.shelf = new Shelf(ports.db);
        this.#chosen = new Chosen(ports);
        this.#driving = new Driving(ports, {
            identified: async ({ contact }) => {
                if (contact.crisis) await this.circle.recall(contact).catch(unlessBroken);
            },
            began: () => {
                void this.meetCircle();
                void this.#pulse.beat();
            },
            changed: () => void this.#pulse.look(),
            gone: (release) => {
                this.shelf.forget(release);
                this.#gone(release);
            },
            disconnected: () => this.#pulse.reconnect(),
            removed: () => {
                this.shelf.hide();
                this.circle.forget();
                void ports.waking.stop().catch(() => {});
            },
            left: () => this.shelf.hide(),
            overtaken: () => this.#overtaken(),
            returns: () => this.lock.lockAgain(),
        });
        this.#pulse = new Pulse(ports, this.#driving, this.shelf, this.circle, this.#chosen);
        this.settings = this.#chosen.settings;
        this.words = this.#chosen.words;
        this.standing = this.#driving.standing;
    }

    /** Loads the words that everything is said in. */
    speak(): Promise<void> {
        return this.#chosen.speak();
    }

    /** Starts; `gone` is told of a clip that is being erased, `overtaken` that another window drives now. */
    async start(gone: (release: string) => void, overtaken: () => void): Promise<void> {
        this.#gone = gone;
        this.#overtaken = overtaken;
        try {
            await this.#chosen.recall();
            await this.lock.begin();
        } catch (error) {
            if (this.#driving.breaks(error)) return;
            throw error;
        }
        this.#pulse.begin();
        this.#driving.drive(false);
    }

    /** What drives the machine, where this window does. */
    get engine(): Engine | undefined {
        return this.#driving.engine;
    }

    /** A phone was paired in this window. */
    begin(): Promise<void> {
        return this.#driving.begin();
    }

    /** Drives here, instead of another window. */
    async takeOver(): Promise<void> {
        await this.lock.lockAgain();
        this.#driving.drive(true);
    }

    /** A push has come while the app is open. Gives whether this window sees to it. */
    wake(): boolean {
        void this.#pulse.beat(true);
        return this.#driving.drives();
    }

    meetCircle(): Promise<void> {
        return this.#pulse.meetCircle();
    }

    async change(some: Partial<Settings>): Promise<void> {
        if (await this.#chosen.change(some)) await this.engine?.letters.share(this.settings.value.sharing);
    }

    /** "This doesn't help me." */
    async returnClip(release: string): Promise<void> {
        await beginReturn(this.db, release, this.#ports.clock.now());
        await this.#pulse.look();
    }

    async takeBack(release: string): Promise<void> {
        await takeBackReturn(this.db, release);
        await this.#pulse.look();
    }

    /** Forgets the phone's pairing and everything with it; what a person chose for the app stays. */
    async beginAgain(): Promise<void> {
        const { clock, page, waking } = this.#ports;
        const chosen = this.settings.value;
        this.engine?.halt();
        // A phone that begins anew is woken when somebody asks for it. It is not waited for long: a network may not answer.
        const waited = new Promise<void>((resolve) => clock.after(PATIENCE, resolve));
        await Promise.race([waking.stop().catch(() => {}), waited]);
        await forgetEverything(this.db);
        // Whoever begins anew has agreed to nothing yet.
        await this.#chosen.keep({ ...chosen, seen: false, sharing: false });
        page.reload();
    }
}
