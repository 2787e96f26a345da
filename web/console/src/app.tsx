// Which screen is shown, and what is around it: who is here, and what is on its way.

import { NoContact } from "./api/rest";
import { ClientScreen } from "./client/client";
import { unsent } from "./decisions/unsent";
import { useLoaded } from "./loaded";
import { isKeeping, shownFrom } from "./offline/keeping";
import { Languages } from "./parts/languages";
import { Waiting } from "./parts/parts";
import { go, type Place, place } from "./place";
import { Room } from "./screens/room";
import { Door } from "./screens/sign_in";
import { Today } from "./screens/today";
import { answersAgain, session } from "./session";
import { asksBeforeLeaving, outgoing } from "./share/outgoing";
import { Outgoing, SignOutQuestion } from "./share/outgoing_bar";
import { Share } from "./share/share";
import { signInAgain, signOut } from "./sign_in";
import { words } from "./strings";
import { clock, saysDay } from "./when";

/** What reads and cuts media is larger than everything else together, and needed now and then. */
function Cut(here: Place & { at: "cut" }) {
    const loaded = useLoaded("cut", () =>
        import("./cut/cut").catch(() => {
            throw new NoContact();
        }),
    );
    return (
        <Waiting for={loaded} page>
            {({ Cut: Loaded }) => <Loaded {...here} />}
        </Waiting>
    );
}

export function App() {
    if (!session.value) return <Door />;
    return (
        <>
            <Top />
            <AsOf />
            <main id="main">
                <Screen />
            </main>
            <Outgoing />
            {asksBeforeLeaving.value && <SignOutQuestion />}
        </>
    );
}

function Screen() {
    const here = place.value;
    switch (here.at) {
        case "today":
            return <Today />;
        case "client":
            return <ClientScreen key={here.client} {...here} />;
        case "cut":
            return <Cut key={here.client} {...here} />;
        case "share":
            return <Share key={here.clip} {...here} />;
        case "room":
            return <Room key={here.clip} {...here} />;
    }
}

function Top() {
    const { menu, product } = words.value;
    const leave = () => {
        if (outgoing.value.length > 0 || unsent.value.length > 0) asksBeforeLeaving.value = true;
        else void signOut();
    };
    return (
        <header class="top">
            <a
                href="/console/"
                class="brand"
                aria-current={place.value.at === "today" ? "page" : undefined}
                onClick={(event) => {
                    event.preventDefault();
                    go({ at: "today" });
                }}
            >
                <img src="/console/icon.svg" alt="" width="28" height="28" />
                {product}
                <span class="hidden">: {menu.today}</span>
            </a>
            <span class="practice">{session.value!.practice.name}</span>
            <nav aria-label={menu.label} class="menu">
                <Languages />
                {unsent.value.length > 0 && (
                    <button type="button" class="button soft small" onClick={() => go({ at: "today" })}>
                        {words.value.unsent.count(unsent.value.length)}
                    </button>
                )}
                <span class="who">{session.value!.name}</span>
                <button type="button" class="button soft small" onClick={leave}>
                    {menu.signOut}
                </button>
            </nav>
        </header>
    );
}

/** From when it is what is shown, while nobody answers. */
function AsOf() {
    const said = words.value.kept;
    const [from, { offline, keeps }] = [shownFrom.value, session.value!];
    if (keeps && !isKeeping.value)
        return (
            <div class="asof" role="status">
                <p>{said.not}</p>
            </div>
        );
    if (from === undefined && !offline) return null;
    const when =
        from === undefined ? undefined : `${saysDay(from, words.value)}, ${clock(new Date(from), words.value.locale)}`;
    return (
        <div class="asof" role="status">
            <p>{offline && answersAgain.value ? said.answers : when === undefined ? said.nobody : said.asOf(when)}</p>
            {offline && answersAgain.value && (
                <button type="button" class="button small" onClick={signInAgain}>
                    {words.value.signIn.go}
                </button>
            )}
        </div>
    );
}
