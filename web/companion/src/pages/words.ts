// The words of the pages that are loaded later.

import { computed } from "@preact/signals";
import { settings } from "../session/session";
import type { Language } from "../session/settings";
import { de } from "../strings/pages/de";
import { en } from "../strings/pages/en";

export type LaterStrings = typeof en;

const languages: Record<Language, LaterStrings> = { en, de };

export const more = computed(() => languages[settings.value.language]);
