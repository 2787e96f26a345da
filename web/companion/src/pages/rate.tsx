import { useSession } from "../context";
import { turn } from "../place";
import { Page } from "../screens/page";
import { pageWords } from "./words";

export function Rate({ release }: { release: string }) {
    const session = useSession();
    const { rate } = pageWords(session);
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
                            void session.engine?.letters.rate(release, i);
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
