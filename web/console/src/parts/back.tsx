// The ways back, at the head of a page.

import { go } from "../place";
import { words } from "../strings";

export function BackToToday() {
    return (
        <button type="button" class="button quiet small back" onClick={() => go({ at: "today" })}>
            ← {words.value.menu.today}
        </button>
    );
}

/** Back to where a client's clips are. */
export function BackToClient({ client, name }: { client: string; name: string }) {
    return (
        <button
            type="button"
            class="button quiet small back"
            onClick={() => go({ at: "client", client, tab: "clips" })}
        >
            ← {name}
        </button>
    );
}
