// Where the therapist is.

import { makeRouter } from "../../ui/place";
import { onSignOut } from "./on_sign_out";

export type Tab = "clips" | "sessions" | "letters" | "phones" | "listening" | "notes";

export type Place =
    | { at: "today" }
    | { at: "client"; client: string; tab: Tab }
    | { at: "cut"; client: string; recording?: string }
    | { at: "share"; client: string; clip: string }
    | { at: "room"; client: string; clip: string };

let arrived = true;

/** A turn goes on to another tab of the same page: "back" leaves the page, not the tab. */
export const { place, go, turn, follow } = makeRouter<Place>({ at: "today" }, "/console/", () => {
    arrived = true;
});

// Somebody else begins at their own beginning.
onSignOut(() => turn({ at: "today" }));

/** Who does not see the page change hears where they are: the first title of a new page has the focus. */
export function hearsTitle(title: HTMLElement): void {
    if (!arrived) return;
    arrived = false;
    title.focus({ preventScroll: true });
}
