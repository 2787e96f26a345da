// What a person has chosen on this phone.

import { type Language, languageOf } from "../../../ui/languages";
import { always } from "../strings/always";

export const ICONS = ["tide", "leaf", "moon", "stone"] as const;
export type Icon = (typeof ICONS)[number];

export interface Settings {
    language: Language;
    /** What this app is called on this phone. */
    name: string;
    icon: Icon;
    /** Whether plays and ratings leave this phone. */
    sharing: boolean;
    /** A soft tone, or a touch, with each breath. */
    tone: boolean;
    touch: boolean;
    /** How far the first steps were taken. */
    welcomed: boolean;
    installed: boolean;
    seen: boolean;
    /** Whether a code of one's own is still to be offered. */
    offersLock: boolean;
    /** One clip, one button. */
    simple: boolean;
}

/** Nothing is shared until somebody says so. */
export function startSettings(tag: string): Settings {
    const language = languageOf(tag);
    return {
        language,
        name: always[language].name,
        icon: "tide",
        sharing: false,
        tone: false,
        touch: false,
        welcomed: false,
        installed: false,
        seen: false,
        offersLock: false,
        simple: false,
    };
}
