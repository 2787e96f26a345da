// Every word that a person sees. Plain and kind: a twelve-year-old reads them, at three in the morning.

import type { Language } from "../session/settings";

export type Strings = typeof import("./en").en;

/** What each language calls itself. */
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

/** Loads a language: a page waits for its own alone. The worker keeps all of them, so that it can be changed in flight mode. */
export async function loadStrings(language: Language): Promise<Strings> {
    return language === "de" ? (await import("./de")).de : (await import("./en")).en;
}
