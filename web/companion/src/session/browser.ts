// The browser around a session, as it is.

import type { Clock, Page } from "./ports";

export const clock: Clock = {
    now: () => Date.now(),
    every: (milliseconds, then) => void setInterval(then, milliseconds),
    after(milliseconds, then) {
        const timer = setTimeout(then, milliseconds);
        return () => clearTimeout(timer);
    },
};

export const page: Page = {
    language: navigator.language,
    isSeen: () => document.visibilityState === "visible",
    onSight: (then) => document.addEventListener("visibilitychange", then),
    onNetwork: (then) => addEventListener("online", then),
    speaks(locale) {
        document.documentElement.lang = locale;
    },
    reload: () => location.reload(),
};
