// How long a clip is shared, and how often it may be heard.

import { Choice } from "../parts";
import { words } from "../strings";
import { saysWhen } from "../when";
import { type Draft, endOf, OFFLINE_HOURS, type Template } from "./draft";
import { Field } from "../../../ui/parts";

export function TermsForm({ draft, change }: { draft: Draft; change(to: Partial<Draft>): void }) {
    const { share: said, clips } = words.value;
    const end = endOf(draft);
    const count = { type: "number", min: "1", max: "48", inputmode: "numeric" };
    return (
        <div class="stack">
            <Choice<Template> legend={said.how} name="template" value={draft.template} choose={(template) => change({ template })}
                options={[
                    { value: "session", label: said.templates.session },
                    { value: "two_weeks", label: said.templates.twoWeeks },
                    { value: "own", label: said.templates.own },
                ]} />
            {draft.template === "session" && (
                <Field label={said.nextSession} value={draft.session} change={(session) => change({ session })} attributes={{ type: "datetime-local", required: "true" }}
                    {...(end === undefined ? {} : { hint: clips.until(saysWhen(end, words.value)) })} />
            )}
            {draft.template === "own" && <Field label={said.until} value={draft.until} change={(until) => change({ until })} attributes={{ type: "datetime-local", required: "true" }} />}
            {draft.template === "two_weeks" && end !== undefined && <p class="note">{clips.until(saysWhen(end, words.value))} · {clips.perDay(1)}</p>}
            <div class="thirds">
                {draft.template !== "two_weeks" && (
                    <>
                        <Field label={said.limit} hint={said.limitHint} value={draft.limit} change={(limit) => change({ limit })} attributes={count} />
                        <Field label={said.planned} value={draft.planned} change={(planned) => change({ planned })} attributes={count} />
                    </>
                )}
                <div class="field">
                    <label for="offline">{said.offline}</label>
                    <select id="offline" value={draft.offlineHours} aria-describedby="offline-hint" onChange={(event) => change({ offlineHours: Number(event.currentTarget.value) })}>
                        {OFFLINE_HOURS.map((hours) => <option key={hours} value={hours}>{clips.hours(hours)}</option>)}
                    </select>
                    <small id="offline-hint">{said.offlineHint}</small>
                </div>
            </div>
            <label class="check"><input type="checkbox" checked={draft.rests} onChange={(event) => change({ rests: event.currentTarget.checked })} /><span>{said.rest}</span></label>
        </div>
    );
}
