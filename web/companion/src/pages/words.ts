// The words of the pages that are loaded later.

import { computed } from "@preact/signals";
import type { Language } from "../../../ui/languages";
import { settings } from "../session/session";
import { de } from "../strings/pages/de";
import { en, type PageStrings } from "../strings/pages/en";

const bundles: Record<Language, PageStrings> = { en, de };

export const more = computed(() => bundles[settings.value.language]);
