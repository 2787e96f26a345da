// What keeps a form to share a clip from being sent: looked for here, so that no thirty seconds are waited for a no.

import type { Refusal } from "../api/rest";
import { type Faults, faultOfEnd, faultOfPlace, faultOfPlays, faultsOf, isFar, latest, PLAYS } from "../faults";
import { words } from "../strings";
import { saysLength } from "../when";
import { AFTER_SESSION, type Draft, endOf } from "./draft";

/** By the draft's own names; a mark by its number. `length` is the clip's. */
export function look(draft: Draft, length: number): Faults {
    const { share: said, faults } = words.value;
    const end = endOf(draft);
    const hasNumbers = draft.template !== "two_weeks";
    return faultsOf({
        session: draft.template === "session" ? faultOfEnd(said.nextSession, end, { after: AFTER_SESSION }) : undefined,
        until: draft.template === "own" ? faultOfEnd(said.until, end) : undefined,
        sure: isFar(end) && draft.sure !== end ? faults.sure : undefined,
        limit: hasNumbers ? faultOfPlays(said.limit, draft.limit, { mayBeEmpty: true }) : undefined,
        planned: hasNumbers ? faultOfPlays(said.planned, draft.planned, { mayBeEmpty: true }) : undefined,
        ...Object.fromEntries(draft.marks.map((mark, at) => [`mark${at}`, faultOfPlace(said.markAt, mark.at, length)])),
        parting: draft.parting.trim() ? undefined : said.partingMissing,
    });
}

/** What the server did not take, by the draft's own names: its clock may be another, and its bounds newer. */
export function told(draft: Draft, length: number, field: Refusal["field"]): Faults {
    const { share: said, faults } = words.value;
    const [least, most] = PLAYS;
    switch (field) {
        case "expires_at":
            if (draft.template === "session") return { session: faults.clock(said.nextSession, latest(AFTER_SESSION)) };
            return draft.template === "own" ? { until: faults.clock(said.until, latest()) } : {};
        case "daily_limit":
            return { limit: faults.playsOrNone(said.limit, least, most) };
        case "planned_daily":
            return { planned: faults.playsOrNone(said.planned, least, most) };
        case "offline_hours":
            return { offlineHours: faults.other(said.offline) };
        case "marks":
            return { marks: faults.place(said.markAt, saysLength(length)) };
        default:
            return {};
    }
}
