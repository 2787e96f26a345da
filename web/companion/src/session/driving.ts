// Which window drives the machine, and the engine of the one that does: from its start until another takes over.

import { signal } from "@preact/signals";
import { NoAnswer } from "../engine/api";
import type { Engine, Watcher } from "../engine/engine";
import { Broken } from "../engine/seal";
import { type Identity, Overtaken, readValue } from "../engine/store";
import type { Ports } from "./ports";

/** How this app stands: with no phone paired, paired, driven by another window, removed, or with a store that does not open. */
export type Standing =
    | "starting"
    | "new"
    | "waiting"
    | "paired"
    | "elsewhere"
    | "removed"
    /** What is kept here does not open. */
    | "broken"
    /** It is of a newer version than this app. */
    | "older"
    /** This browser gives nothing to keep it in, or nothing to run it with. */
    | "unable";

/** Who is told of it, beside what an engine tells. */
export interface Passenger extends Omit<Watcher, "overtaken"> {
    /** Whom to call is known before anything else, whatever comes of it. */
    identified(identity: Identity): Promise<void>;
    began(): void;
    /** Another window drives: it may end what is shown here, and this one would not hear of it. */
    left(): void;
    /** Another window has taken over while this one drove. */
    overtaken(): void;
    /** This window is about to take the machine back. */
    returns(): Promise<void>;
}

/** How long an engine that is asleep in another window is waited for. */
const PATIENCE = 2_000;

export class Driving {
    readonly standing = signal<Standing>("starting");
    engine: Engine | undefined;
    readonly #ports: Ports;
    readonly #passenger: Passenger;
    #release: (() => void) | undefined;
    #beginning: Promise<void> | undefined;
    #attempts = 0;

    constructor(ports: Ports, passenger: Passenger) {
        this.#ports = ports;
        this.#passenger = passenger;
    }

    /** Drives the machine in this window; with `insist` instead of the one that does so now. */
    drive(insist: boolean): void {
        this.#attempts += 1;
        const attempt = this.#attempts;
        let drove = false;
        const holding = this.#ports.hold(
            async () => {
                drove = true;
                await this.begin();
                await new Promise<void>((resolve) => {
                    this.#release = resolve;
                });
            },
            insist,
            PATIENCE,
        );
        // Not awaited to its end: it is held for as long as this window is open.
        void holding.then((had) => {
            // A later attempt says how it stands.
            if (had || attempt !== this.#attempts) return;
            this.engine?.halt();
            this.#leave();
            if (drove) void this.comeBack();
        });
    }

    /** A worker that was woken while this window slept has the machine for a moment: whoever looks again finds it here. */
    async comeBack(): Promise<void> {
        if (!this.#ports.page.isSeen()) return;
        await this.#passenger.returns();
        this.drive(false);
    }

    /** Begins to drive: after a start, and after pairing. Whoever calls while it begins waits for the same. */
    begin(): Promise<void> {
        this.#beginning ??= this.#begin().finally(() => {
            this.#beginning = undefined;
        });
        return this.#beginning;
    }

    /** Whether this window sees to what comes now. */
    drives(): boolean {
        return this.engine !== undefined || this.#beginning !== undefined;
    }

    /** Whether this is what is kept here and does not open: then nothing plays, and the page says what to do. */
    breaks(error: unknown): boolean {
        const standing = standsBy(error);
        if (!standing) return false;
        this.engine?.halt();
        this.#leave();
        if (this.standing.value !== "removed") this.standing.value = standing;
        return true;
    }

    async #begin(): Promise<void> {
        const { db, startEngine } = this.#ports;
        try {
            const identity = await readValue<Identity>(db, "identity");
            if (identity) await this.#passenger.identified(identity);
            const started = await startEngine(db, this.#watcher());
            if (started?.isHalted()) return;
            this.engine = started;
            if (this.standing.value !== "removed") {
                const isRemoved = !started && (await readValue(db, "removed"));
                this.standing.value = started ? "paired" : isRemoved ? "removed" : "new";
            }
        } catch (error) {
            if (error instanceof Overtaken || this.breaks(error)) return;
            if (!(error instanceof NoAnswer)) throw error;
            this.standing.value = "waiting";
        }
        if (this.engine) this.#passenger.began();
    }

    #watcher(): Watcher {
        const passenger = this.#passenger;
        return {
            changed: () => passenger.changed(),
            gone: (release) => passenger.gone(release),
            disconnected: () => passenger.disconnected(),
            removed: () => {
                this.standing.value = "removed";
                passenger.removed();
            },
            overtaken: () => {
                this.#leave();
                passenger.overtaken();
                this.#release?.();
            },
        };
    }

    #leave(): void {
        this.engine = undefined;
        if (this.standing.value !== "removed") this.standing.value = "elsewhere";
        this.#passenger.left();
    }
}

/** Why nothing plays here, if that is why. */
function standsBy(error: unknown): Standing | undefined {
    if (error instanceof Broken) return "broken";
    if (typeof WebAssembly === "undefined") return "unable";
    if (!(error instanceof DOMException)) return;
    if (error.name === "VersionError") return "older";
    // A store that is closed is opened again: what comes here has been tried twice.
    return ["UnknownError", "InvalidStateError", "SecurityError"].includes(error.name) ? "unable" : undefined;
}
