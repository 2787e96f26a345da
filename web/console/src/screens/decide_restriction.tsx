// What a computer has taken away after it was removed, or after its therapist's part had ended: it rests until a therapist says
// yes or no.

import type { Duty } from "../api/answers";
import { post } from "../api/rest";
import { Initials, useDoing } from "../parts/parts";
import { words } from "../strings";

type Late = Extract<Duty, { kind: "decide_restriction" }>;

export function DecideRestriction(of: { duty: Late; name: string; more: number; again(): Promise<void> }) {
    const said = words.value.today;
    const { busy, trouble, run } = useDoing();
    const decide = (accept: boolean) => () =>
        run(async () => {
            const { client, entry } = of.duty;
            await post(`/v1/clients/${client}/late-restrictions/${entry}/decision`, { accept });
            await of.again();
        });
    return (
        <div class="duty">
            <Initials name={of.name} />
            <p class="grow">
                <b>{of.name}</b> <span>{saysLate(of.duty)}</span>
                {of.more > 0 && <span class="note"> · {said.more(of.more)}</span>} {trouble}
            </p>
            <button type="button" class="button soft" disabled={busy} onClick={decide(true)}>
                {of.duty.does === "tighten" ? said.late.tighten : said.late.end}
            </button>
            <button type="button" class="button quiet" disabled={busy} onClick={decide(false)}>
                {said.late.goOn}
            </button>
        </div>
    );
}

function saysLate(duty: Late): string {
    const said = words.value.today;
    const title = duty.title ?? said.aClip;
    switch (duty.does) {
        case "end_clip":
            return said.late.endClip;
        case "end_recording":
            return said.late.endRecording;
        case "end_shelf":
            return said.late.endShelf;
        case "tighten":
            return said.late.tightened(title);
        default:
            return said.late.ended(title);
    }
}
