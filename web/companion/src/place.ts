// Where a person is in the app. The address shows a word at most: never an id, never a name.

import { signal } from "@preact/signals";

/** Pages that are loaded when somebody opens them. */
export type Later = "history" | "sessions" | "move" | "lock";

export type Place =
    | { at: "home" | "breathe" | "ask" | "mine" | "help" | "notes" | "listening" | "phones" | "preferences" }
    | { at: Later }
    | { at: "clip" | "returned" | "rate" | "not_now" | "goodbye"; release: string };

export const place = signal<Place>({ at: "home" });

/** Goes on to another place; the phone's own "back" comes back here. */
export function go(to: Place): void {
    history.pushState(to, "", to.at === "home" ? "/" : `#${to.at}`);
    arrive(to);
}

/** Takes the place of where one is: there is nothing to come back to. */
export function turn(to: Place): void {
    history.replaceState(to, "", to.at === "home" ? "/" : `#${to.at}`);
    arrive(to);
}

export function back(): void {
    if (history.state && history.length > 1 && place.value.at !== "home") history.back();
    else turn({ at: "home" });
}

export function followHistory(left: () => void): void {
    // A start begins at home, whatever the address says: what was open may have ended.
    history.replaceState({ at: "home" }, "", "/");
    addEventListener("popstate", (event) => {
        left();
        arrive((event.state as Place | null) ?? { at: "home" });
    });
}

function arrive(to: Place): void {
    place.value = to;
    scrollTo(0, 0);
    // Also where the same page comes again.
    hearPlace();
}

/** Who does not see the page change hears where they are. */
export function hearPlace(): void {
    requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
}
