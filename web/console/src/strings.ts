// Every word that a therapist sees, in each language by one shape. The words themselves are in strings/.

import { computed, signal } from "@preact/signals";
import { type Language, languageOf } from "../../ui/languages";
import { de } from "./strings/de";
import { en, type Strings } from "./strings/en";

export type { Strings };

/** All of them are there from the beginning: a desk without a network can be spoken to in each. */
const bundles: Record<Language, Strings> = { en, de };

/** Which language somebody has chosen: the one thing that this app keeps on a computer unasked. */
const KEPT = "console.language";

export const language = signal<Language>(chosen());
export const words = computed(() => bundles[language.value]);

export function speak(to: Language): void {
    language.value = to;
    document.documentElement.lang = to;
    localStorage.setItem(KEPT, to);
}

function chosen(): Language {
    const found = languageOf(localStorage.getItem(KEPT) ?? navigator.language);
    document.documentElement.lang = found;
    return found;
}
