// Where a person is in the app.

import { makeRouter } from "../../ui/place";

/** Pages that are loaded when somebody opens them. */
export type Later = "history" | "sessions" | "move" | "lock";

export type Place =
    | { at: "home" | "breathe" | "ask" | "mine" | "help" | "notes" | "listening" | "phones" | "preferences" }
    | { at: Later }
    | { at: "clip" | "returned" | "rate" | "not_now" | "goodbye"; release: string };

const router = makeRouter<Place>({ at: "home" }, "/", hearPlace);
export const { place, go, follow } = router;

/** Takes the place of where one is, as another page. */
export function turn(to: Place): void {
    router.turn(to);
    scrollTo(0, 0);
    // Also where the same page comes again.
    hearPlace();
}

export function back(): void {
    if (history.state && history.length > 1 && place.value.at !== "home") history.back();
    else turn({ at: "home" });
}

/** Who does not see the page change hears where they are. */
export function hearPlace(): void {
    requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
}
