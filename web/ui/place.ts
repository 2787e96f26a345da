// Where a person is in an app. The address shows a word at most: never an id, never a name.

import { type Signal, signal } from "@preact/signals";

export interface Router<Place> {
    readonly place: Signal<Place>;
    /** Goes on to another place; the browser's own "back" comes back here. */
    go(to: Place): void;
    /** Takes the place of where one is: there is nothing to come back to. */
    turn(to: Place): void;
    /** Begins at home, whatever the address says; `left` is told of each step back, before it is made. */
    follow(left?: () => void): void;
}

/** `home` has the address `path`. `arrived` is told of each place that one goes or comes back to, and not of a turn. */
export function makeRouter<Place extends { at: string }>(
    home: Place,
    path: string,
    arrived: () => void,
): Router<Place> {
    const place = signal(home);
    const address = (to: Place) => (to.at === home.at ? path : `#${to.at}`);
    const arrive = (to: Place) => {
        place.value = to;
        scrollTo(0, 0);
        arrived();
    };
    return {
        place,
        go(to) {
            history.pushState(to, "", address(to));
            arrive(to);
        },
        turn(to) {
            history.replaceState(to, "", address(to));
            place.value = to;
        },
        follow(left) {
            history.replaceState(home, "", path);
            addEventListener("popstate", (event) => {
                left?.();
                arrive((event.state as Place | null) ?? home);
            });
        },
    };
}
