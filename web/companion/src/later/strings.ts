// The words of the pages that are loaded later.

import { computed } from "@preact/signals";
import type { Language } from "../settings";
import { settings } from "../state";
import { de } from "./strings/de";
import { en } from "./strings/en";

export type LaterStrings = typeof en;

const languages: Record<Language, LaterStrings> = { en, de };

export const more = computed(() => languages[settings.value.language]);
