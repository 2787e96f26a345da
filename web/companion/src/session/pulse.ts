// What is looked at again and again while the app is open: time, leases, the connection, and who belongs to this phone.

import { type Database, unlessBroken } from "../engine/store";
import type { Chosen } from "./chosen";
import type { PhoneCircle } from "./circle";
import type { Driving } from "./driving";
import { finishReturns } from "./pending_return";
import type { Ports } from "./ports";
import type { Shelf } from "./shelf";

/** How often that is. */
const BEAT = 15_000;
/** How long is waited until a lost connection is tried again: at first, at most, and at most where a yes is waited for. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
const SOON = 4_000;
/** A phone that was out of sight for longer may have lost its network without a word. */
const AWAY = 30_000;
/** Nor does a network that goes while somebody looks always say so: a line on which so long nothing was heard is opened anew. */
const SILENT = 120_000;

export class Pulse {
    readonly #ports: Ports;
    readonly #db: Database;
    readonly #driving: Driving;
    readonly #shelf: Shelf;
    readonly #circle: PhoneCircle;
    readonly #chosen: Chosen;
    #beating: Promise<void> | undefined;
    #looking: Promise<void> | undefined;
    #again = () => {};
    #wait = FIRST_WAIT;
    #isCalled = false;

    constructor(ports: Ports, driving: Driving, shelf: Shelf, circle: PhoneCircle, chosen: Chosen) {
        this.#ports = ports;
        this.#db = ports.db;
        this.#driving = driving;
        this.#shelf = shelf;
        this.#circle = circle;
        this.#chosen = chosen;
    }

    begin(): void {
        const { clock, page } = this.#ports;
        clock.every(BEAT, () => void this.beat());
        page.onNetwork(() => {
            this.#driving.engine?.renewLine();
            void this.beat();
        });
        let left: number | undefined;
        page.onSight(() => {
            if (!page.isSeen()) {
                left ??= clock.now();
                return;
            }
            // By the clock on the wall: the other one stands still while a phone sleeps.
            if (left !== undefined && Math.abs(clock.now() - left) > AWAY) this.#driving.engine?.renewLine();
            left = undefined;
            if (this.#driving.standing.value === "elsewhere") return void this.#driving.comeBack();
            void this.beat();
            void this.meetCircle();
        });
    }

    /** One at a time: two at once would write one letter twice. Whoever has `called` meanwhile is heard after it. */
    beat(called = false): Promise<void> {
        this.#isCalled ||= called;
        this.#beating ??= this.#beat()
            .catch((error: unknown) => {
                if (!this.#driving.breaks(error)) throw error;
            })
            .finally(() => {
                this.#beating = undefined;
                if (this.#isCalled) void this.beat();
            });
        return this.#beating;
    }

    /** Looks at everything again; several calls at once are one look. */
    look(): Promise<void> {
        this.#looking ??= Promise.resolve()
            .then(async () => {
                this.#looking = undefined;
                await this.#driving.engine?.run(() => this.#read());
            })
            .catch((error: unknown) => void this.#driving.breaks(error));
        return this.#looking;
    }

    /** Comes back after a connection was lost: soon at first, then less and less often. */
    reconnect(): void {
        this.#again();
        this.#again = this.#ports.clock.after(this.#wait + Math.random() * this.#wait, () => void this.beat());
        // Whoever waits for a therapist's yes looks at this page, and hears of it soon.
        this.#wait = Math.min(this.#wait * 2, this.#circle.isUnconfirmed() ? SOON : LONGEST_WAIT);
    }

    /** Asks who belongs to this phone; without a network it is what was told last. */
    async meetCircle(): Promise<void> {
        const { engine } = this.#driving;
        if (!engine || engine.machine.is_unpaired()) return;
        const [waited, before] = [this.#circle.isUnconfirmed(), this.#chosen.said];
        const heard = await engine.letters.wasHeard(this.#chosen.settings.value.sharing).catch(() => false);
        const told = await engine.account.circle().catch(() => undefined);
        // Removed, or somebody else's, while it was asked.
        if (!told || this.#driving.engine !== engine || engine.machine.is_unpaired()) return;
        await this.#circle.tell(told).catch(unlessBroken);
        if (heard && before === this.#chosen.said && typeof told.shares_listening === "boolean")
            await this.#learnSharing(told.shares_listening);
        // Leases that were given before rest by another clock.
        const moved = await this.#circle.tellLocalTime(engine.account).catch(() => false);
        if (moved || (waited && !this.#circle.isUnconfirmed())) await engine.contact(true);
    }

    /**
     * What another phone or somebody in the room has said of sharing holds here, too. It is kept as chosen first and as said
     * then: who dies in between says it once more, and never the contrary.
     */
    async #learnSharing(sharing: boolean): Promise<void> {
        const { settings } = this.#chosen;
        if (sharing === settings.value.sharing) return;
        settings.value = { ...settings.value, sharing };
        await this.#chosen.keep(settings.value);
        await this.#driving.engine?.letters.hear(sharing);
    }

    async #beat(): Promise<void> {
        if (this.#driving.standing.value === "waiting") await this.#driving.begin();
        const { engine } = this.#driving;
        const called = this.#isCalled;
        this.#isCalled = false;
        if (!engine) return;
        await this.look();
        await finishReturns(this.#db, engine.letters, this.#ports.clock.now()).catch(unlessBroken);
        // Turned before the phone was paired, or just before the app was closed.
        await engine.letters.share(this.#chosen.settings.value.sharing).catch(unlessBroken);
        await engine.contact(called).catch(unlessBroken);
        if (this.#ports.page.isSeen() && engine.silence() > SILENT) engine.renewLine();
        if (engine.isConnected())
            void this.#ports.waking.tell(this.#db, engine.identity, engine.machine.incarnation()).catch(() => {});
        if (called || this.#circle.isUnconfirmed()) void this.meetCircle();
        await this.look();
    }

    async #read(): Promise<void> {
        const { engine } = this.#driving;
        if (!engine || engine.machine.is_unpaired()) return;
        if (engine.isConnected()) this.#wait = FIRST_WAIT;
        await this.#shelf.read(engine, () => this.#driving.engine === engine);
    }
}
