// What a person reads aloud, so that their therapist says yes to this phone and to no other.

import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../ui/capital";
import { useSession } from "../context";
import { digitsOf } from "../engine/digits";

/** Only while somebody has still to say yes. */
export function Digits() {
    const { circle, db, therapist, words } = useSession();
    const { clips: said } = words.value;
    const [digits, setDigits] = useState("");
    const waits = circle.isUnconfirmed();
    useEffect(() => void (waits && digitsOf(db).then(setDigits, () => {})), [waits]);
    if (!waits) return null;
    return (
        <section class="card empty">
            <p class="note">{capital(said.waitsForYes(therapist.value))}</p>
            {/* One by one, as they are read aloud. */}
            <p class="digits">{[...digits].join(" ")}</p>
        </section>
    );
}
