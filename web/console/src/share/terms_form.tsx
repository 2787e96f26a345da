// How long a clip is shared, and how often it may be heard.

import { Field } from "../../../ui/parts";
import type { Faults } from "../faults";
import { Choice } from "../parts/parts";
import { words } from "../strings";
import { saysWhen } from "../when";
import { type Draft, endOf, OFFLINE_HOURS, type Template } from "./draft";
import { FarEnd } from "./far_end";

export function TermsForm({
    draft,
    change,
    faults,
}: {
    draft: Draft;
    change(to: Partial<Draft>): void;
    faults: Faults;
}) {
    const { share: said, clips } = words.value;
    const end = endOf(draft);
    // Of what is no number a field for numbers tells its page nothing: "3x" would be no limit at all.
    const count = { inputmode: "numeric", autocomplete: "off" };
    return (
        <div class="stack">
            <Choice<Template>
                legend={said.how}
                name="template"
                value={draft.template}
                choose={(template) => change({ template })}
                options={[
                    { value: "session", label: said.templates.session },
                    { value: "two_weeks", label: said.templates.twoWeeks },
                    { value: "own", label: said.templates.own },
                ]}
            />
            {draft.template === "session" && (
                <Field
                    label={said.nextSession}
                    value={draft.session}
                    change={(session) => change({ session })}
                    fault={faults.session}
                    attributes={{ type: "datetime-local" }}
                    {...(end === undefined ? {} : { hint: clips.until(saysWhen(end, words.value)) })}
                />
            )}
            {draft.template === "own" && (
                <Field
                    label={said.until}
                    value={draft.until}
                    change={(until) => change({ until })}
                    fault={faults.until}
                    attributes={{ type: "datetime-local" }}
                />
            )}
            <FarEnd end={end} sure={draft.sure} change={(sure) => change({ sure })} fault={faults.sure} />
            {draft.template === "two_weeks" && end !== undefined && (
                <p class="note">
                    {clips.until(saysWhen(end, words.value))} · {clips.perDay(1)}
                </p>
            )}
            <div class="thirds">
                {draft.template !== "two_weeks" && (
                    <>
                        <Field
                            label={said.limit}
                            hint={said.limitHint}
                            value={draft.limit}
                            change={(limit) => change({ limit })}
                            fault={faults.limit}
                            attributes={count}
                        />
                        <Field
                            label={said.planned}
                            value={draft.planned}
                            change={(planned) => change({ planned })}
                            fault={faults.planned}
                            attributes={count}
                        />
                    </>
                )}
                <div class="field">
                    <label for="offline">{said.offline}</label>
                    <select
                        id="offline"
                        value={draft.offlineHours}
                        aria-describedby="offline-fault offline-hint"
                        {...(faults.offlineHours ? { "aria-invalid": "true" as const } : {})}
                        onChange={(event) => change({ offlineHours: Number(event.currentTarget.value) })}
                    >
                        {OFFLINE_HOURS.map((hours) => (
                            <option key={hours} value={hours}>
                                {clips.hours(hours)}
                            </option>
                        ))}
                    </select>
                    {faults.offlineHours && (
                        <small id="offline-fault" class="fault">
                            {faults.offlineHours}
                        </small>
                    )}
                    <small id="offline-hint">{said.offlineHint}</small>
                </div>
            </div>
            <label class="check">
                <input
                    type="checkbox"
                    checked={draft.rests}
                    onChange={(event) => change({ rests: event.currentTarget.checked })}
                />
                <span>{said.rest}</span>
            </label>
        </div>
    );
}
