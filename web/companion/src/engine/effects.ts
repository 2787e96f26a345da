// Carries out what the machine asks for, one effect after the other, and what follows from them.

import type { Companion, Effect } from "#bridge";
import { random } from "../../../ui/bytes";
import { discard } from "./clips/download";
import type { Downloads } from "./clips/downloads";
import { openBatch, sign } from "./clips/vault";
import { clocks } from "./clock";
import type { Saved } from "./saved";
import { type Database, type Identity, isFull, Overtaken } from "./store";

/** What is not done here, but on the network, and does not hold up what comes after it. */
export interface Network {
    ask(question: Effect & { do: "ask" }): void;
    fetch(release: string): void;
    sendReceipts(): void;
}

/** What takes something away. Nothing holds it up. */
const takesAway = ({ do: what }: Effect) => what === "erase" || what === "erase_key" || what === "discard";

export class Effects {
    readonly #db: Database;
    readonly #identity: Identity;
    readonly #machine: Companion;
    readonly #downloads: Downloads;
    readonly #saved: Saved;
    readonly #network: Network;
    /** Is told of a clip that is being erased at this moment. */
    readonly #gone: (release: string) => void;
    #wantsRoom = false;

    constructor(
        db: Database,
        identity: Identity,
        machine: Companion,
        downloads: Downloads,
        saved: Saved,
        network: Network,
        gone: (release: string) => void,
    ) {
        this.#db = db;
        this.#identity = identity;
        this.#machine = machine;
        this.#downloads = downloads;
        this.#saved = saved;
        this.#network = network;
        this.#gone = gone;
    }

    /** Whether a clip has come that found no room. */
    isFull(): boolean {
        return this.#wantsRoom || this.#downloads.wantsRoom();
    }

    async perform(effects: Effect[]): Promise<void> {
        let queue = [...effects];
        for (let effect = queue.shift(); effect; effect = queue.shift()) {
            try {
                queue.push(...(await this.#carryOut(effect)));
            } catch (error) {
                this.#saved.isBehind = true;
                const first = queue.filter(takesAway);
                if (error instanceof Overtaken || takesAway(effect) || first.length === 0) throw error;
                // A disk that is full keeps nothing from going, and what goes makes room: then it is tried again.
                queue = [...first, effect, ...queue.filter((one) => !takesAway(one))];
            }
        }
    }

    async #carryOut(effect: Effect): Promise<Effect[]> {
        switch (effect.do) {
            case "save":
                await this.#saved.write({ machine: this.#machine.save() });
                this.#machine.saved();
                return [];
            case "ask":
                this.#network.ask(effect);
                return [];
            case "open_batch":
                return this.#open(effect);
            case "fetch":
                this.#network.fetch(effect.release);
                return [];
            case "discard":
                await this.#downloads.stop(effect.release);
                await discard(this.#db, effect.release);
                return [];
            case "read_back": {
                const plays = await this.#downloads.readBack(effect.release);
                return this.#machine.read_back(effect.release, plays, random(10), ...clocks());
            }
            case "erase_key":
                this.#gone(effect.release);
                await this.#db.delete("clips", effect.release);
                return [];
            case "erase":
                this.#gone(effect.release);
                await this.#erase(effect.release);
                return this.#machine.erased(effect.release, random(10), ...clocks());
            case "sign":
                return this.#machine.signed(effect.n, await sign(this.#identity.signing, effect.message));
            case "send_receipts":
                this.#network.sendReceipts();
                return [];
        }
    }

    async #open({ enc, info, items }: Effect & { do: "open_batch" }): Promise<Effect[]> {
        try {
            const { releases, unsealed } = await openBatch(this.#db, this.#identity.exchange, enc, info, items);
            this.#wantsRoom = false;
            return this.#machine.opened(releases, unsealed);
        } catch (error) {
            this.#wantsRoom = isFull(error);
            throw error;
        }
    }

    /** Key and words, then ciphertext; the parting note stays until it is read. */
    async #erase(release: string): Promise<void> {
        await this.#db.delete("clips", release);
        await this.#downloads.stop(release);
        await discard(this.#db, release);
        this.#downloads.madeRoom();
    }
}
