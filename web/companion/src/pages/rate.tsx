import { turn } from "../place";
import { Page } from "../screens/page";
import { driving } from "../session/session";
import { more } from "./words";

export function Rate({ release }: { release: string }) {
    const { rate } = more.value;
    const done = () => turn({ at: "home" });
    return (
        <Page title={rate.title} class="middle">
            <div class="stack">
                {rate.values.map((value, i) => (
                    <button
                        type="button"
                        class="button soft wide"
                        key={value}
                        onClick={() => {
                            void driving()?.letters.rate(release, i);
                            done();
                        }}
                    >
                        {value}
                    </button>
                ))}
                <button type="button" class="button quiet" onClick={done}>
                    {rate.skip}
                </button>
            </div>
        </Page>
    );
}
