import { Switch } from "../../../ui/parts";
import { back } from "../place";
import { change, settings, words } from "../session/session";
import { Orb } from "./orb";
import { HelpLink } from "./page";

export function Breathe() {
    const { breathe } = words.value;
    return (
        <main class="page night">
            <HelpLink />
            <h1 class="hidden" tabIndex={-1}>
                {breathe.title}
            </h1>
            <Orb />
            <div class="stack foot">
                <p class="note centre">{breathe.quiet}</p>
                <div class="pair">
                    <Switch on={settings.value.tone} turn={(tone) => void change({ tone })}>
                        {breathe.tone}
                    </Switch>
                    {"vibrate" in navigator && (
                        <Switch on={settings.value.touch} turn={(touch) => void change({ touch })}>
                            {breathe.touch}
                        </Switch>
                    )}
                </div>
                <button type="button" class="button soft wide" onClick={back}>
                    {breathe.done}
                </button>
            </div>
        </main>
    );
}
