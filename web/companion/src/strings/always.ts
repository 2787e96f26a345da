// What is said before any words are loaded: what the app is called at first, and the one sentence of every push. The worker
// says that one with the app closed, and can load nothing for it.

import type { Language } from "../../../ui/languages";

export const always: Record<Language, { name: string; push: string }> = {
    en: { name: "Quiet", push: "There is something new to see" },
    de: { name: "Ruhe", push: "Es gibt etwas Neues zu sehen" },
};
