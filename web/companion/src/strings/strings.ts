// Every word that a person sees. Plain and kind: a twelve-year-old reads them, at three in the morning.

import type { Language } from "../../../ui/languages";
import type { Strings } from "./en";

/** A page waits for its own language alone. The worker keeps all of them, so that it can be changed in flight mode. */
const bundles: Record<Language, () => Promise<Strings>> = {
    en: async () => (await import("./en")).en,
    de: async () => (await import("./de")).de,
};

export function loadStrings(language: Language): Promise<Strings> {
    return bundles[language]();
}
