// The one sentence of every push. It stands alone: the worker says it with the app closed, and can load nothing for it.

import type { Language } from "../session/settings";

export const push: Record<Language, string> = {
    en: "There is something new to see",
    de: "Es gibt etwas Neues zu sehen",
};
