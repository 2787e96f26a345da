// Every word that a therapist sees, in each language by one shape. The words themselves are in strings/.

import { computed, signal } from "@preact/signals";
import { de } from "./strings/de";
import { en, type Strings } from "./strings/en";

export type { Strings };

export type Language = "en" | "de";

/** Which language somebody has chosen: the one thing that this app keeps on a computer unasked. */
const KEPT = "console.language";

export const language = signal<Language>(chosen());
export const words = computed<Strings>(() => (language.value === "de" ? de : en));

export function speak(to: Language): void {
    language.value = to;
    document.documentElement.lang = to;
    localStorage.setItem(KEPT, to);
}

function chosen(): Language {
    const kept = localStorage.getItem(KEPT) ?? navigator.language;
    const found = kept.startsWith("de") ? "de" : "en";
    document.documentElement.lang = found;
    return found;
}
