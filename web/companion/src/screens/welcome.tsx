import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { useSession } from "../context";
import { go } from "../place";
import { ICONS } from "../session/settings";
import { Page } from "./page";

export function Welcome() {
    const session = useSession();
    const { welcome } = session.words.value;
    const { name: before, icon } = session.settings.value;
    const [name, setName] = useState(before);
    const take = (event: Event) => {
        event.preventDefault();
        void session.change({ name: name.trim() || before, welcomed: true });
    };
    return (
        <Page title={welcome.title}>
            <p class="lead">{welcome.words}</p>
            <form class="stack loose grows" onSubmit={take}>
                <div class="stack">
                    <Field
                        label={welcome.name}
                        value={name}
                        change={setName}
                        hint={welcome.nameHint}
                        attributes={{ maxlength: "24", autocomplete: "off" }}
                    />
                    <div class="chips">
                        {welcome.names.map((one) => (
                            <button
                                type="button"
                                class="chip"
                                key={one}
                                aria-pressed={one === name}
                                onClick={() => setName(one)}
                            >
                                {one}
                            </button>
                        ))}
                    </div>
                </div>
                <fieldset class="icons">
                    <legend>{welcome.icon}</legend>
                    {ICONS.map((one) => (
                        <label key={one}>
                            <input
                                type="radio"
                                name="icon"
                                class="hidden"
                                checked={one === icon}
                                onChange={() => void session.change({ icon: one })}
                            />
                            <img src={`/icons/${one}.svg`} alt="" width="64" height="64" />
                            <span>{welcome.icons[one]}</span>
                        </label>
                    ))}
                </fieldset>
                <div class="stack foot">
                    <button type="submit" class="button wide">
                        {welcome.go}
                    </button>
                    <button type="button" class="button bare" onClick={() => go({ at: "breathe" })}>
                        {welcome.breatheFirst}
                    </button>
                </div>
            </form>
        </Page>
    );
}
