// What a person has chosen for this app, and the words of the language that they have chosen.

import { computed, type Signal, signal } from "@preact/signals";
import { readValue, writeValue } from "../engine/store";
import type { Strings } from "../strings/en";
import type { Ports } from "./ports";
import { type Settings, startSettings } from "./settings";

export class Chosen {
    readonly settings: Signal<Settings>;
    readonly #spoken = signal<Strings | undefined>(undefined);
    /** Loaded before anything is shown. */
    readonly words = computed(() => this.#spoken.value!);
    /** How often something was said of sharing while this runs. */
    said = 0;
    readonly #ports: Ports;

    constructor(ports: Ports) {
        this.#ports = ports;
        this.settings = signal(startSettings(ports.page.language));
    }

    /** Says everything in the chosen language from now on. */
    async speak(language = this.settings.value.language): Promise<void> {
        const words = await this.#ports.loadStrings(language);
        this.#spoken.value = words;
        this.#ports.page.speaks(words.locale);
    }

    /** Takes up what was chosen before. */
    async recall(): Promise<void> {
        const before = this.settings.value;
        const chosen = { ...before, ...(await readValue<Settings>(this.#ports.db, "settings")) };
        if (chosen.language !== before.language) await this.speak(chosen.language);
        this.settings.value = chosen;
    }

    /** Gives whether it was chosen: a language that cannot be loaded now is not. */
    async change(some: Partial<Settings>): Promise<boolean> {
        if (some.language) {
            try {
                await this.speak(some.language);
            } catch {
                return false;
            }
        }
        this.settings.value = { ...this.settings.value, ...some };
        if (some.sharing !== undefined) this.said += 1;
        await this.keep(this.settings.value);
        return true;
    }

    async keep(settings: Settings): Promise<void> {
        await writeValue(this.#ports.db, "settings", settings);
    }
}
