// Where the therapist is. The address shows a word at most: never an id, never a name.

import { signal } from "@preact/signals";
import { onSignOut } from "./on_sign_out";

export type Tab = "clips" | "sessions" | "letters" | "phones" | "listening" | "notes";

export type Place =
    | { at: "today" }
    | { at: "client"; client: string; tab: Tab }
    | { at: "cut"; client: string; recording?: string }
    | { at: "share"; client: string; clip: string }
    | { at: "room"; client: string; clip: string };

export const place = signal<Place>({ at: "today" });

export function go(to: Place): void {
    history.pushState(to, "", to.at === "today" ? "/console/" : `#${to.at}`);
    arrive(to);
}

/** Goes on to another tab of the same page: "back" leaves the page, not the tab. */
export function turn(to: Place): void {
    history.replaceState(to, "", to.at === "today" ? "/console/" : `#${to.at}`);
    place.value = to;
}

export function followHistory(): void {
    history.replaceState({ at: "today" }, "", "/console/");
    addEventListener("popstate", (event) => arrive((event.state as Place | null) ?? { at: "today" }));
    // Somebody else begins at their own beginning.
    onSignOut(() => turn({ at: "today" }));
}

function arrive(to: Place): void {
    arrived = true;
    place.value = to;
    scrollTo(0, 0);
}

let arrived = true;

/** Who does not see the page change hears where they are: the first title of a new page has the focus. */
export function hearsTitle(title: HTMLElement): void {
    if (!arrived) return;
    arrived = false;
    title.focus({ preventScroll: true });
}
