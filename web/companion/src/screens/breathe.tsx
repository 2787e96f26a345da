import { Switch } from "../../../ui/parts";
import { useSession } from "../context";
import { back } from "../place";
import { Orb } from "./orb";
import { HelpLink } from "./page";

export function Breathe() {
    const session = useSession();
    const { breathe } = session.words.value;
    const { tone, touch } = session.settings.value;
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
                    <Switch on={tone} turn={(tone) => void session.change({ tone })}>
                        {breathe.tone}
                    </Switch>
                    {"vibrate" in navigator && (
                        <Switch on={touch} turn={(touch) => void session.change({ touch })}>
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
