import { useSession } from "../context";
import { go } from "../place";
import { Orb } from "./orb";

/** The way to the exercise: first on the first page, and before every door. */
export function ToBreathe() {
    const { breathe } = useSession().words.value;
    return (
        <button type="button" class="to-breathe" onClick={() => go({ at: "breathe" })}>
            <Orb small />
            <span class="stack tight">
                <span class="serif">{breathe.begin}</span>
                <span class="note">{breathe.quiet}</span>
            </span>
        </button>
    );
}
