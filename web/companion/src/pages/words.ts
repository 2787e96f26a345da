// The words of the pages that are loaded later.

import type { Language } from "../../../ui/languages";
import type { Session } from "../session/session";
import { de } from "../strings/pages/de";
import { en, type PageStrings } from "../strings/pages/en";

const bundles: Record<Language, PageStrings> = { en, de };

export function pageWords({ settings }: Session): PageStrings {
    return bundles[settings.value.language];
}
