// The languages of both apps. A new one is a row here, its row in each bundle of strings, and the files that those name.

/** What each language calls itself. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

export type Language = keyof typeof LANGUAGES;

export const ALL_LANGUAGES = Object.keys(LANGUAGES) as Language[];

/** Of a tag as browsers write it (`de-AT`); English where it is none of ours. */
export function languageOf(tag: string): Language {
    return ALL_LANGUAGES.find((one) => tag.startsWith(one)) ?? "en";
}
