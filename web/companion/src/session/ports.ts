// What a session needs of the browser around it. In a test somebody else is the browser.

import type { Language } from "../../../ui/languages";
import type { Engine, Watcher } from "../engine/engine";
import type { Database, Identity } from "../engine/store";
import type { Strings } from "../strings/en";

/** The clock on the wall, in milliseconds, and what is done by it. */
export interface Clock {
    now(): number;
    every(milliseconds: number, then: () => void): void;
    /** Gives what keeps it from being done. */
    after(milliseconds: number, then: () => void): () => void;
}

/** The page that a session is shown on. */
export interface Page {
    /** The language of the person, as the browser names it. */
    readonly language: string;
    isSeen(): boolean;
    /** Somebody has begun, or has stopped, to look at it. */
    onSight(then: () => void): void;
    /** There is a network again. */
    onNetwork(then: () => void): void;
    speaks(locale: string): void;
    reload(): void;
}

/** Where the server wakes this phone. */
export interface Waking {
    tell(db: Database, identity: Identity, incarnation: string | undefined): Promise<void>;
    stop(): Promise<void>;
}

export interface Ports {
    db: Database;
    clock: Clock;
    page: Page;
    waking: Waking;
    /** Holds the machine for this window: `holdMachine`. */
    hold(drive: () => Promise<void>, insist: boolean, patience: number): Promise<boolean>;
    startEngine(db: Database, watcher: Watcher): Promise<Engine | undefined>;
    loadStrings(language: Language): Promise<Strings>;
}
