// Every word that a person sees. Plain and kind: a twelve-year-old reads them, at three in the morning.

import type { Language } from "./settings";
import { de } from "./strings/de";
import { en } from "./strings/en";

export type Strings = typeof en;

const languages: Record<Language, Strings> = { en, de };

export const LANGUAGES = Object.keys(languages) as Language[];

export function strings(language: Language): Strings {
    return languages[language];
}
