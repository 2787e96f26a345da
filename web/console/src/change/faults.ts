// What keeps a change from being saved, at its field.

import { type Faults, faultOfEnd, faultOfPlays, faultsOf, isFar, isHalfTyped } from "../faults";
import { words } from "../strings";
import { type ChangeForm, endOf, mostOf, type Subject } from "./form";

/** `page` is where the fields are: a browser calls one empty in which something is half typed. */
export function faultsOfChange(form: ChangeForm, { release }: Subject, page: HTMLFormElement | null): Faults {
    const { change: said, faults, share } = words.value;
    switch (form.what) {
        case "fewer":
            return faultsOf({ times: faultOfPlays(said.times, form.times, { most: mostOf(release) }) });
        case "dates": {
            const end = endOf(form);
            return faultsOf({
                ends: faultOfEnd(share.until, end),
                sure: isFar(end) && form.sure !== end ? faults.sure : undefined,
            });
        }
        case "pause": {
            // Nothing at all is a pause without an end.
            const halfTyped = isHalfTyped(page, "until") ? faults.when(said.pauseUntil) : undefined;
            return faultsOf({ until: form.until ? faultOfEnd(said.pauseUntil, Date.parse(form.until)) : halfTyped });
        }
        default:
            return {};
    }
}
