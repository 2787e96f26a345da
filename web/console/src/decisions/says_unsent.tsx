// A decision that is not sent yet, in words.

import { words } from "../strings";
import { type Summary, unsent } from "./unsent";

/** Of one shared clip, what is decided and not there yet. */
export function UnsentOf({ client, release }: { client: string; release: string }) {
    const said = words.value.unsent;
    const mine = unsent.value.filter(
        (one) =>
            one.client === client &&
            one.says.what !== "note" &&
            (one.release === release || ("scope" in one.says && one.says.scope === "all")),
    );
    if (mine.length === 0) return null;
    return <p class="waits">{said.notYet(mine.map((one) => saysUnsent(one.says)).join(", "))}</p>;
}

export function saysUnsent(says: Summary): string {
    const { lines } = words.value.unsent;
    switch (says.what) {
        case "note":
            return lines.note;
        case "share":
            return lines.share(says.title);
        case "fewer":
            return lines.fewer(says.title ?? "", says.times);
        case "dates":
            return lines.dates(says.title ?? "");
        case "pause":
            return says.scope === "all" || !says.title ? lines.pauseAll : lines.pause(says.title);
        case "end":
            return says.scope === "all" || !says.title ? lines.endAll : lines.end(says.title);
    }
}
