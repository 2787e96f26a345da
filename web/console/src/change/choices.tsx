// What the client shall be able to do from now on, and what of theirs that concerns.

import { Field } from "../../../ui/parts";
import type { Clip } from "../api/answers";
import type { ChangeKind, Scope } from "../decisions/decision";
import type { Faults } from "../faults";
import { Choice } from "../parts/parts";
import { FarEnd } from "../share/far_end";
import { words } from "../strings";
import { type ChangeForm, endOf, kindsOf, mayHaveOther, type Subject, scopeOf, scopesOf } from "./form";
import { Instead } from "./instead";

export function Choices(props: {
    name: string;
    form: ChangeForm;
    subject: Subject;
    change(to: Partial<ChangeForm>): void;
    faults: Faults;
    /** What the client reads before they press play, as it will be. */
    sentence: string;
    /** The titles of all that is shared now. */
    titles: string[];
    /** What may be shared in its place. */
    others: Clip[];
}) {
    const { change: said, share } = words.value;
    const { name, form, change, faults, titles } = props;
    const { what } = form;
    const { release } = props.subject;
    const scopes = scopesOf(what, release);
    const scope = scopeOf(form, release);
    const ofAll = said.allNames(titles.join(", "));
    const kinds = {
        talk: { label: said.choices.talk, words: said.choices.talkWords },
        fewer: { label: said.choices.fewer, words: said.choices.fewerWords },
        dates: { label: said.choices.dates, words: said.choices.datesWords },
        pause: { label: said.choices.pause, words: said.choices.pauseWords },
        end: { label: said.choices.end, words: said.choices.endWords },
    };
    const reaches = {
        one: { label: said.one },
        everywhere: { label: said.everywhere, words: said.everywhereWords },
        all: { label: said.all(name), words: ofAll },
    };
    return (
        <section class="stack">
            <Choice<ChangeKind>
                pairs
                legend={said.what(name)}
                name="what"
                value={what}
                choose={(what) => change({ what })}
                options={kindsOf(release).map((value) => ({ value, ...kinds[value] }))}
            />
            {what === "fewer" && (
                <>
                    <Field
                        label={said.times}
                        value={form.times}
                        change={(times) => change({ times })}
                        fault={faults.times}
                        attributes={{ inputmode: "numeric", autocomplete: "off" }}
                    />
                    <Field
                        label={said.sentence(name)}
                        hint={said.sentenceHint}
                        value={props.sentence}
                        change={(sentence) => change({ sentence })}
                        attributes={{ maxlength: "500" }}
                    />
                </>
            )}
            {what === "dates" && (
                <>
                    <Field
                        label={share.until}
                        value={form.ends}
                        change={(ends) => change({ ends })}
                        fault={faults.ends}
                        attributes={{ type: "datetime-local" }}
                    />
                    <FarEnd
                        end={endOf(form)}
                        sure={form.sure}
                        change={(sure) => change({ sure })}
                        fault={faults.sure}
                    />
                </>
            )}
            {what === "pause" && (
                <Field
                    label={said.pauseUntil}
                    hint={said.pauseOpen}
                    value={form.until}
                    change={(until) => change({ until })}
                    fault={faults.until}
                    attributes={{ type: "datetime-local", name: "until" }}
                />
            )}
            {scopes.length > 1 && (
                <Choice<Scope>
                    legend={said.which}
                    name="scope"
                    value={scope}
                    choose={(scope) => change({ scope })}
                    options={scopes.map((value) => ({ value, ...reaches[value] }))}
                />
            )}
            {scope === "all" && scopes.length === 1 && what !== "talk" && <p class="note">{ofAll}</p>}
            {mayHaveOther(form, release) && (
                <Instead clips={props.others} chosen={form.instead} choose={(instead) => change({ instead })} />
            )}
        </section>
    );
}
